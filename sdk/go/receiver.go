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
	"strconv"
	"time"
)

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
		System string `json:"source_system"`
		Type   string `json:"source_type"`
		ID     any    `json:"source_id"`
	}
	decoder := json.NewDecoder(bytes.NewReader(of))
	decoder.UseNumber()
	if decoder.Decode(&source) != nil {
		return e.Name
	}
	return fmt.Sprintf("%s/%s/%v/%s", source.System, source.Type, source.ID, e.Name)
}

// EventError: the body is signed but is no event. Answer it with 400: the hub parks it.
type EventError struct{ Reason error }

func (e EventError) Error() string { return "the body is no event: " + e.Reason.Error() }
func (e EventError) Unwrap() error { return e.Reason }

// Receiver verifies requests and gives their events. Safe for use by several goroutines.
type Receiver struct {
	Secrets []string         // All that are valid now; during a rotation the new and the old one.
	Policy  Policy           //
	Now     func() time.Time // nil: time.Now
}

// Receive gives the events of a request: one, or those of a batch. The body is what arrived, before
// anything parsed it. Errors: SignatureError (answer 401), EventError (answer 400).
func (r *Receiver) Receive(header http.Header, body []byte) ([]Event, error) {
	now := time.Now
	if r.Now != nil {
		now = r.Now
	}
	style, err := Verify(header, body, r.Secrets, now(), r.Policy)
	if err != nil {
		return nil, err
	}
	var batch struct {
		Events []struct {
			ID       string          `json:"id"`
			Sequence int64           `json:"sequence"`
			Payload  json.RawMessage `json:"payload"`
		} `json:"events"`
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		return nil, EventError{err}
	}
	if batch.Events == nil {
		id := header.Get("Webhook-Id")
		if style != Standard {
			id = contentID(body)
		}
		sequence, err := strconv.ParseInt(header.Get("X-Tidemark-Sequence"), 10, 64)
		if err != nil || sequence < 0 {
			sequence = 0
		}
		event, err := eventOf(id, sequence, body)
		return []Event{event}, err
	}
	events := make([]Event, 0, len(batch.Events))
	for _, item := range batch.Events {
		event, err := eventOf(item.ID, item.Sequence, item.Payload)
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, nil
}

// Pulled is the event of an item of Hub.EventsAfter, with the id that its delivery has.
func (r *Receiver) Pulled(item Item) (Event, error) {
	id := item.EventID
	if r.Policy.TextOnly || len(webhookKeys(r.Secrets)) == 0 {
		id = contentID([]byte(item.Body))
	}
	return eventOf(id, item.Sequence, []byte(item.Body))
}

// contentID names an event by what is signed, where no id is: nobody can send it again under
// another name.
func contentID(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha256-" + hex.EncodeToString(sum[:])
}

func eventOf(id string, sequence int64, payload []byte) (Event, error) {
	event := Event{ID: id, Sequence: sequence}
	if err := json.Unmarshal(payload, &event); err != nil {
		return Event{}, EventError{err}
	}
	if id == "" || event.Name == "" || event.Data == nil || event.SourceVersion < 1 {
		return Event{}, EventError{errors.New("a field is missing")}
	}
	return event, nil
}
