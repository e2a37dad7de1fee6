// Package tidemark receives deliveries of a Tidemark hub: it verifies them, recognises repeats in the
// transaction of the caller, and fetches what is missing. See README.md.
package tidemark

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"
)

const batchEventsMax = 100

// What a source record is named by: a text or a number.
var scalarForm = regexp.MustCompile(`^(".+"|-?[0-9].*)$`)

// Event is one event of a delivery. Data and Voucher are kept as they were written: decode them into
// types with json.Number or a decimal type, so that money stays exact.
type Event struct {
	ID            string          `json:"-"` // Recognise repeats by it.
	Sequence      int64           `json:"-"` // Without gaps per subscription; 0 if not told.
	Name          string          `json:"event"`
	Data          json.RawMessage `json:"data"` // The voucher's business_data.
	SourceVersion int64           `json:"source_version"`
	Timestamp     time.Time       `json:"timestamp"`
	VoucherID     int64           `json:"voucher_id"` // 0 for an event without a voucher.
	Voucher       json.RawMessage `json:"voucher"`    // The voucher's other fields.
	Source        json.RawMessage `json:"source"`     // In place of the voucher.
}

// Record is what the version belongs to: system, type, id and event name, for Inbox.Newer.
func (e Event) Record() string {
	of := e.Voucher
	if of == nil {
		of = e.Source
	}
	var source struct {
		System any `json:"source_system"`
		Type   any `json:"source_type"`
		ID     any `json:"source_id"`
	}
	decoder := json.NewDecoder(bytes.NewReader(of))
	decoder.UseNumber()
	if decoder.Decode(&source) != nil {
		return e.Name
	}
	return fmt.Sprintf("%v/%v/%v/%s", source.System, source.Type, source.ID, e.Name)
}

// EventError: the body is signed but is no event. Answer it with 400: the hub parks it.
type EventError struct{ Reason error }

func (e EventError) Error() string { return "the body is no event: " + e.Reason.Error() }
func (e EventError) Unwrap() error { return e.Reason }

// Receiver verifies requests, gives their events, and answers for each of them. Safe for use by several
// goroutines; not to be copied.
type Receiver struct {
	Secrets []string         // All that are valid now; during a rotation the new and the old one.
	Policy  Policy           //
	Now     func() time.Time // nil: time.Now

	naming atomic.Int32 // How pulled events are named, as the last delivery showed.
}

const (
	unknown   int32 = iota // As the secrets and the policy let expect.
	byID                   // By the hub's id.
	byContent              // By what the text style signs.
)

// Receive gives the events of a request: one, or those of a batch. The body is what arrived, before
// anything parsed it. Errors: SignatureError (answer 401), EventError (answer 400), for a batch also if one
// of its events cannot be read; Handle answers event by event.
func (r *Receiver) Receive(header http.Header, body []byte) ([]Event, error) {
	items, _, err := r.read(header, body)
	if err != nil {
		return nil, err
	}
	events := make([]Event, 0, len(items))
	for _, item := range items {
		event, err := eventOf(item)
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, nil
}

// Handle gives the answer to a request. It calls take for each of its events, in their order; take notes
// and applies that event in a transaction of its own, and what it returns counts for that event alone:
// RefusalError or EventError, the hub parks it; any other error, and a panic, the hub sends it again.
// UnavailableError ends the request: all of it comes again. What went wrong stands in Answer.Failures, for
// the log.
func (r *Receiver) Handle(header http.Header, body []byte, take func(Event) error) Answer {
	items, batch, err := r.read(header, body)
	if err != nil {
		said := resultOf("", err)
		if signature := SignatureError(""); errors.As(err, &signature) {
			said = result{"", http.StatusUnauthorized, signature.Error()}
		}
		return answerOfOne(said, []Failure{{Err: err}})
	}
	var results []result
	var failures []Failure
	for _, item := range items {
		event, err := eventOf(item)
		if err == nil {
			err = taken(take, event)
		}
		results = append(results, resultOf(item.id, err))
		if err == nil {
			continue
		}
		failures = append(failures, Failure{item.id, err})
		if errors.As(err, new(UnavailableError)) {
			return answerOfOne(resultOf(item.id, err), failures)
		}
	}
	if batch {
		return answerOfBatch(results, failures)
	}
	return answerOfOne(results[0], failures)
}

// taken makes an error of a panic: one event that brings it about must not bring the others back for ever.
func taken(take func(Event) error, event Event) (err error) {
	defer func() {
		switch reason := recover(); reason {
		case nil:
		case http.ErrAbortHandler:
			panic(reason)
		default:
			err = fmt.Errorf("panic: %v\n%s", reason, debug.Stack())
		}
	}()
	return take(event)
}

// item is what a request brings, before its event is read.
type item struct {
	id       string
	sequence int64
	payload  []byte
}

// read gives the items of a request, and whether it is a batch.
func (r *Receiver) read(header http.Header, body []byte) ([]item, bool, error) {
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	style, err := Verify(header, body, r.Secrets, now(), r.Policy)
	if err != nil {
		return nil, false, err
	}
	items, err := batchOf(body)
	if err != nil {
		return nil, false, err
	}
	if items != nil {
		r.naming.Store(byID) // The ids in a batch are signed with it, whatever the style.
		return items, true, nil
	}
	id, naming := header.Get("Webhook-Id"), byID
	if style != Standard {
		id, naming = contentID(body), byContent
	}
	r.naming.Store(naming)
	sequence, err := strconv.ParseInt(header.Get("X-Tidemark-Sequence"), 10, 64)
	if err != nil || sequence < 0 {
		sequence = 0
	}
	return []item{{id, sequence, body}}, false, nil
}

// Pulled is the event of an item of Hub.EventsAfter, with the id that its delivery has: that of the hub, or
// in text style what is made of the body. Which one, the last delivery tells; before the first one,
// Standard Webhooks are expected where a secret has that form.
func (r *Receiver) Pulled(pulled Item) (Event, error) {
	naming := r.naming.Load()
	if naming == unknown && (r.Policy.TextOnly || len(webhookKeys(r.Secrets)) == 0) {
		naming = byContent
	}
	id := pulled.EventID
	if naming == byContent {
		id = contentID([]byte(pulled.Body))
	}
	return eventOf(item{id, pulled.Sequence, []byte(pulled.Body)})
}

// batchOf gives the items of a batch, in its order; nil if the body is none. The error, an EventError, says
// that its form is wrong as a whole, so that nothing can be said about single events.
func batchOf(body []byte) ([]item, error) {
	var batch struct {
		Event  json.RawMessage `json:"event"`
		Events json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		return nil, EventError{err}
	}
	if isNull(batch.Events) || !isNull(batch.Event) {
		return nil, nil
	}
	var listed []struct {
		ID       string          `json:"id"`
		Sequence *int64          `json:"sequence"`
		Payload  json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(batch.Events, &listed); err != nil {
		return nil, EventError{err}
	}
	if len(listed) < 1 || len(listed) > batchEventsMax {
		return nil, EventError{fmt.Errorf("events must be a list of 1 to %d events", batchEventsMax)}
	}
	items := make([]item, 0, len(listed))
	for _, each := range listed {
		switch {
		case !eventIDForm.MatchString(each.ID):
			return nil, EventError{errors.New("events[].id must be letters, digits, _ and -")}
		case each.Sequence != nil && *each.Sequence < 1:
			return nil, EventError{errors.New("events[].sequence must be a whole number from 1")}
		case isNull(each.Payload):
			return nil, EventError{errors.New("events[].payload is missing")}
		}
		read := item{id: each.ID, payload: each.Payload}
		if each.Sequence != nil {
			read.sequence = *each.Sequence
		}
		items = append(items, read)
	}
	return items, nil
}

func isNull(value json.RawMessage) bool { return value == nil || string(value) == "null" }

// contentID names an event by what is signed, where no id is: nobody can send it again under
// another name.
func contentID(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256-" + hex.EncodeToString(sum[:])
}

// eventOf gives an EventError for what no hub sends.
func eventOf(from item) (Event, error) {
	event := Event{ID: from.id, Sequence: from.sequence}
	if err := json.Unmarshal(from.payload, &event); err != nil {
		return Event{}, EventError{err}
	}
	if isNull(event.Voucher) {
		event.Voucher = nil
	}
	if isNull(event.Source) {
		event.Source = nil
	}
	of := event.Voucher
	if of == nil {
		of = event.Source
	}
	var reason string
	switch {
	case !eventIDForm.MatchString(event.ID):
		reason = "the id must be letters, digits, _ and -"
	case event.Name == "":
		reason = "event must be a text"
	case !bytes.HasPrefix(event.Data, []byte("{")):
		reason = "data must be an object"
	case event.SourceVersion < 1:
		reason = "source_version must be a whole number from 1"
	case !bytes.HasPrefix(of, []byte("{")):
		reason = "voucher or source must be an object"
	default:
		reason = faultOfSource(of)
	}
	if reason != "" {
		return Event{}, EventError{errors.New(reason)}
	}
	return event, nil
}

func faultOfSource(of []byte) string {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(of, &fields); err != nil {
		return err.Error()
	}
	for _, name := range []string{"source_system", "source_type", "source_id"} {
		if !scalarForm.Match(fields[name]) {
			return name + " must be a text or a number"
		}
	}
	return ""
}
