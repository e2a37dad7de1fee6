package tidemark

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"net"
	"os"
	"reflect"
	"strings"
	"testing"
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

	for _, bad := range []string{"", "a b", "é", strings.Repeat("a", 256)} {
		if _, err := inbox.FirstTime(ctx, tx, bad); err == nil {
			t.Error(bad)
		}
	}
	if _, err := inbox.Newer(ctx, tx, strings.Repeat("x", 501), 1); err == nil {
		t.Error("a record that is too long")
	}
}
