package tidemark

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"net"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// bridge runs statements on a real database at the other end of a connection: tests/sdk_test.py.
// The standard library has no driver of its own.
type bridge struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func (b bridge) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	b.t.Helper()
	line, err := json.Marshal(map[string]any{"sql": query, "args": args})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.conn.Write(append(line, '\n')); err != nil {
		b.t.Fatal(err)
	}
	answer, err := b.in.ReadBytes('\n')
	if err != nil {
		b.t.Fatal(err)
	}
	var given struct {
		Rows int64 `json:"rows"`
	}
	if err := json.Unmarshal(answer, &given); err != nil {
		b.t.Fatal(err)
	}
	return driver.RowsAffected(given.Rows), nil
}

func TestInbox(t *testing.T) {
	address := os.Getenv("TIDEMARK_SQL_BRIDGE")
	if address == "" {
		t.Skip("TIDEMARK_SQL_BRIDGE names no database; tests/sdk_test.py does")
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	tx := bridge{t, conn, bufio.NewReader(conn)}
	ctx := context.Background()
	inbox := Inbox{Source: "settlement", Dialect: Dialect(os.Getenv("TIDEMARK_SQL_DIALECT"))}
	for range [2]struct{}{} {
		for _, statement := range inbox.Tables() {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	expect := func(what string, want []bool, given func(n int) (bool, error)) {
		t.Helper()
		var got []bool
		for n := range want {
			changed, err := given(n)
			if err != nil {
				t.Fatal(what, err)
			}
			got = append(got, changed)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, not %v", what, got, want)
		}
	}
	ids := []string{"msg_a", "msg_a", "MSG_A"}
	expect("repeats", []bool{true, false, true}, func(n int) (bool, error) {
		return inbox.FirstTime(ctx, tx, ids[n])
	})
	versions := []int64{2, 1, 2, 5, 3, 6}
	expect("versions", []bool{true, false, false, true, false, true}, func(n int) (bool, error) {
		return inbox.Newer(ctx, tx, "s/t/上海/e", versions[n])
	})
	sequences := []int64{1, 2, 5, 2, 3}
	expect("sequence", []bool{true, true, false, false, true}, func(n int) (bool, error) {
		return inbox.Next(ctx, tx, sequences[n])
	})
	if err := inbox.Filled(ctx, tx, 7); err != nil {
		t.Fatal(err)
	}
	expect("after the gap", []bool{true}, func(int) (bool, error) { return inbox.Next(ctx, tx, 8) })

	batchThrough(t, inbox, tx)
	for _, bad := range []string{"", "a b", "é", strings.Repeat("a", 256)} {
		if _, err := inbox.FirstTime(ctx, tx, bad); err == nil {
			t.Error(bad)
		}
	}
	if _, err := inbox.Newer(ctx, tx, strings.Repeat("x", 501), 1); err == nil {
		t.Error("a record that is too long")
	}
}

// batchThrough takes each event of a batch in a transaction of its own: what fails leaves nothing, and comes
// again.
func batchThrough(t *testing.T, inbox Inbox, tx bridge) {
	ctx := context.Background()
	var c requestCase
	for _, each := range receiving(t).Requests {
		if strings.HasPrefix(each.Name, "one is refused, ") {
			c = each
		}
	}
	receiver := &Receiver{Secrets: c.Secrets, Now: func() time.Time { return time.Unix(c.Now, 0) }}
	failing := append([]string{}, c.Taken[:2]...)
	handle := func() (codes []int, first []string) {
		answer := receiver.Handle(headerOf(c.Headers), []byte(c.Body), func(event Event) error {
			tx.ExecContext(ctx, "BEGIN")
			isFirst, err := inbox.FirstTime(ctx, tx, event.ID)
			for _, id := range failing {
				if id == event.ID {
					tx.ExecContext(ctx, "ROLLBACK")
					return errors.New("failed")
				}
			}
			tx.ExecContext(ctx, "COMMIT")
			if isFirst {
				first = append(first, event.ID)
			}
			return err
		})
		var given answerText
		if err := json.Unmarshal(answer.Body, &given); err != nil || given.Results == nil {
			t.Fatal(string(answer.Body))
		}
		for _, result := range *given.Results {
			codes = append(codes, result.Code)
		}
		return codes, first
	}
	if codes, first := handle(); !reflect.DeepEqual(codes, []int{500, 500, 0}) || !reflect.DeepEqual(first, c.Taken[2:]) {
		t.Error(codes, first)
	}
	failing = nil
	if codes, first := handle(); !reflect.DeepEqual(codes, []int{0, 0, 0}) || !reflect.DeepEqual(first, c.Taken[:2]) {
		t.Error(codes, first)
	}
}
