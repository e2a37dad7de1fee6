package tidemark

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
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

type requestCase struct {
	Name        string            `json:"name"`
	Secrets     []string          `json:"secrets"`
	Now         int64             `json:"now"`
	Headers     map[string]string `json:"headers"`
	Body        string            `json:"body"`
	Refuses     map[string]string `json:"refuses"`
	Fails       []string          `json:"fails"`
	Unavailable []string          `json:"unavailable"`
	Taken       []string          `json:"taken"`
	Status      int               `json:"status"`
	Answer      answerText        `json:"answer"`
}

type resultOfCase struct {
	ID      string  `json:"id"`
	Code    int     `json:"code"`
	Message *string `json:"message"` // nil: each receiver has its own words.
}

type answerText struct {
	Code    int             `json:"code"`
	Message *string         `json:"message"`
	Results *[]resultOfCase `json:"results"`
}

type pulledCase struct {
	Name       string   `json:"name"`
	Secrets    []string `json:"secrets"`
	Now        int64    `json:"now"`
	Style      string   `json:"style"`
	Deliveries []struct {
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	} `json:"deliveries"`
	Item Item   `json:"item"`
	ID   string `json:"id"`
}

type receivingFile struct {
	Requests []requestCase `json:"requests"`
	Pulled   []pulledCase  `json:"pulled"`
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("../../docs/wire/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func receiving(t *testing.T) (file receivingFile) {
	t.Helper()
	read(t, "receiving.json", &file)
	if len(file.Requests) == 0 || len(file.Pulled) == 0 {
		t.Fatal("the cases are empty")
	}
	return file
}

func vectors(t *testing.T) (file vectorFile) {
	t.Helper()
	read(t, "vectors.json", &file)
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

func (c requestCase) take(taken *[]string) func(Event) error {
	contains := func(ids []string, id string) bool {
		return strings.Contains(","+strings.Join(ids, ",")+",", ","+id+",")
	}
	return func(event Event) error {
		*taken = append(*taken, event.ID)
		if reason, refused := c.Refuses[event.ID]; refused {
			return fmt.Errorf("wrapped: %w", RefusalError(reason))
		}
		if contains(c.Fails, event.ID) {
			panic("a column")
		}
		if contains(c.Unavailable, event.ID) {
			return fmt.Errorf("wrapped: %w", UnavailableError{errors.New("the database")})
		}
		return nil
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range receiving(t).Requests {
		receiver := &Receiver{Secrets: c.Secrets, Now: func() time.Time { return time.Unix(c.Now, 0) }}
		taken := []string{}
		answer := receiver.Handle(headerOf(c.Headers), []byte(c.Body), c.take(&taken))
		if answer.Status != c.Status || !reflect.DeepEqual(taken, c.Taken) {
			t.Errorf("%s: %d, taken %v", c.Name, answer.Status, taken)
		}
		var given answerText
		if err := json.Unmarshal(answer.Body, &given); err != nil {
			t.Fatal(c.Name, err)
		}
		ownWords := func(given, want *string) bool { return want == nil && given != nil && *given != "" }
		failed := 0
		if c.Status != http.StatusOK {
			failed = 1
		}
		if ownWords(given.Message, c.Answer.Message) {
			given.Message = nil
		}
		if given.Results != nil && c.Answer.Results != nil && len(*given.Results) == len(*c.Answer.Results) {
			for i, want := range *c.Answer.Results {
				if ownWords((*given.Results)[i].Message, want.Message) {
					(*given.Results)[i].Message = nil
				}
				if want.Code == 0 {
					continue
				}
				if failed >= len(answer.Failures) || answer.Failures[failed].ID != want.ID {
					t.Errorf("%s: %v", c.Name, answer.Failures)
				}
				failed++
			}
		}
		if len(answer.Failures) != failed {
			t.Errorf("%s: %v", c.Name, answer.Failures)
		}
		if !reflect.DeepEqual(given, c.Answer) {
			t.Errorf("%s: %s", c.Name, answer.Body)
		}
	}
}

func TestErrorsOfTakeStayHere(t *testing.T) {
	c := signed(t, "the event of the examples")
	reason := errors.New("INSERT INTO salaries")
	answer := receiverOf(c).Handle(headerOf(c.Headers), []byte(c.Body), func(Event) error { return reason })
	if len(answer.Failures) != 1 || answer.Failures[0] != (Failure{c.ID, reason}) {
		t.Error(answer.Failures)
	}
	recorder := httptest.NewRecorder()
	if err := answer.Send(recorder); err != nil || recorder.Code != 500 ||
		recorder.Body.String() != `{"code":500,"message":"the event could not be stored"}` ||
		recorder.Header().Get("Content-Type") != "application/json" {
		t.Error(recorder, err)
	}
}

func TestPulledEventHasTheIDOfItsDelivery(t *testing.T) {
	for _, c := range receiving(t).Pulled {
		if c.Style != string(Raw) {
			continue
		}
		receiver := &Receiver{Secrets: c.Secrets, Now: func() time.Time { return time.Unix(c.Now, 0) }}
		for _, delivery := range c.Deliveries {
			if _, err := receiver.Receive(headerOf(delivery.Headers), []byte(delivery.Body)); err != nil {
				t.Fatal(c.Name, err)
			}
		}
		if event, err := receiver.Pulled(c.Item); err != nil || event.ID != c.ID {
			t.Error(c.Name, event.ID, err)
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
