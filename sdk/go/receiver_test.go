package tidemark

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

type signCase struct {
	Name      string            `json:"name"`
	Secrets   []string          `json:"secrets"`
	Style     string            `json:"style"`
	ID        string            `json:"id"`
	Timestamp int64             `json:"timestamp"`
	Body      string            `json:"body"`
	Headers   map[string]string `json:"headers"`
}

type verifyCase struct {
	Name      string            `json:"name"`
	Verdict   string            `json:"verdict"`
	Secrets   []string          `json:"secrets"`
	Now       int64             `json:"now"`
	Tolerance int64             `json:"tolerance_s"`
	Accepted  []string          `json:"accepted"`
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body"`
}

type vectorFile struct {
	Keys []struct {
		Secret string  `json:"secret"`
		Key    *string `json:"key_hex"`
	} `json:"webhook_keys"`
	Sign   []signCase   `json:"sign"`
	Verify []verifyCase `json:"verify"`
}

func vectors(t *testing.T) (file vectorFile) {
	t.Helper()
	text, err := os.ReadFile("../../docs/wire/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Keys) == 0 || len(file.Sign) == 0 || len(file.Verify) == 0 {
		t.Fatal("the vectors are empty")
	}
	return file
}

func signed(t *testing.T, name string) signCase {
	t.Helper()
	for _, c := range vectors(t).Sign {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no vector %q", name)
	return signCase{}
}

func headerOf(values map[string]string) http.Header {
	header := http.Header{}
	for name, value := range values {
		header.Set(name, value)
	}
	return header
}

func receiverOf(c signCase) *Receiver {
	return &Receiver{Secrets: c.Secrets, Now: func() time.Time { return time.Unix(c.Timestamp, 0) }}
}

func TestKeys(t *testing.T) {
	for _, c := range vectors(t).Keys {
		key, ok := WebhookKey(c.Secret)
		if ok != (c.Key != nil) || ok && hex.EncodeToString(key) != *c.Key {
			t.Errorf("%q: %x, %v", c.Secret, key, ok)
		}
	}
}

func TestVerify(t *testing.T) {
	for _, c := range vectors(t).Verify {
		policy := Policy{Tolerance: time.Duration(c.Tolerance) * time.Second}
		accepted := "," + strings.Join(c.Accepted, ",") + ","
		policy.TextOnly = !strings.Contains(accepted, ",standard,")
		policy.StandardOnly = !strings.Contains(accepted, ",raw,")
		want := c.Verdict
		if want == "sorted-json" { // This kit verifies what is signed over the body's bytes.
			want = string(Mismatch)
		}
		style, err := Verify(headerOf(c.Headers), []byte(c.Body), c.Secrets, time.Unix(c.Now, 0), policy)
		got := string(style)
		var refused SignatureError
		if errors.As(err, &refused) {
			got = string(refused)
		}
		if got != want {
			t.Errorf("%s: %s, not %s", c.Name, got, want)
		}
	}
}

func TestEventOfADelivery(t *testing.T) {
	c := signed(t, "the event of the examples")
	header := headerOf(c.Headers)
	header.Set("X-Tidemark-Sequence", "41")
	events, err := receiverOf(c).Receive(header, []byte(c.Body))
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	event := events[0]
	if event.ID != c.ID || event.Sequence != 41 || event.Name != "l1_confirmed" || event.VoucherID != 1001 ||
		event.SourceVersion != 1 || event.Record() != "settlement/purchase_goods/12345/l1_confirmed" ||
		!strings.Contains(string(event.Data), `"amount":100000.00`) {
		t.Error(event)
	}
}

func TestEventsOfABatch(t *testing.T) {
	c := signed(t, "the batch of the examples")
	events, err := receiverOf(c).Receive(headerOf(c.Headers), []byte(c.Body))
	if err != nil || len(events) != 2 || events[0].Sequence != 41 || events[1].Sequence != 42 ||
		events[1].Record() != "settlement/supplier/88/supplier.changed" {
		t.Error(events, err)
	}
}

func TestTextStyleNamesAnEventByWhatIsSigned(t *testing.T) {
	c := signed(t, "secret of people")
	receiver := receiverOf(c)
	header := headerOf(c.Headers)
	header.Set("Webhook-Id", "msg_other")
	events, err := receiver.Receive(header, []byte(c.Body))
	if err != nil || !strings.HasPrefix(events[0].ID, "sha256-") {
		t.Fatal(events, err)
	}
	pulled, err := receiver.Pulled(Item{Sequence: 41, EventID: "msg_1", Body: c.Body})
	if err != nil || pulled.ID != events[0].ID {
		t.Error(pulled, err)
	}
}

func TestSignedNonsense(t *testing.T) {
	c := signed(t, "secret of people")
	for _, body := range []string{"", "1", "[]", "{}", `{"event":"a"}`, `{"events":[1]}`, `{"events":[{"id":"a"}]}`} {
		header := headerOf(c.Headers)
		header.Set("X-Signature", "sha256:"+hex.EncodeToString(macOf([]byte(c.Secrets[0]), []byte(body))))
		_, err := receiverOf(c).Receive(header, []byte(body))
		if !errors.As(err, new(EventError)) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestHubFetchesAPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() != "/api/v1/subscriptions/7%2Fx/events" || r.URL.RawQuery != "after=41" ||
			r.Header.Get("Authorization") != "Bearer t0k" {
			t.Error(r.URL, r.Header)
		}
		w.Write([]byte(`{"data":[{"sequence":42,"event_id":"m","event":"e","body":"{}"}],"next_after":42,"has_more":false}`))
	}))
	defer server.Close()
	page, err := Hub{URL: server.URL + "/", Token: "t0k"}.EventsAfter(context.Background(), "7/x", 41)
	if err != nil || page.NextAfter != 42 || page.HasMore || page.Items[0] != (Item{42, "m", "e", "{}"}) {
		t.Error(page, err)
	}
}

func TestHubsThatAnswerOtherwise(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
	}{{401, "{}"}, {503, ""}, {302, ""}, {200, "<html>"}, {200, "[]"}, {200, "{}"},
		{200, `{"data":[],"next_after":41,"has_more":true}`},
		{200, `{"data":[],"next_after":40,"has_more":false}`}} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.status)
			w.Write([]byte(c.body))
		}))
		if _, err := (Hub{URL: server.URL, Token: "t"}).EventsAfter(context.Background(), "7", 41); err == nil || asked != 1 {
			t.Error(c, err, asked)
		}
		server.Close()
	}
}
