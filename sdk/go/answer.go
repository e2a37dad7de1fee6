package tidemark

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// The hub reads 64 KiB of an answer, and a batch has up to 100 events. One that is cut off says nothing
// about any event, and all of them would come again.
const messageCharactersMax = 120

const notStored = "the event could not be stored"

// RefusalError: return it from take when this event will never be taken. The hub parks it (422) and shows
// the words (the first 120 characters) to a person; the other events of a batch are not touched.
type RefusalError string

func (e RefusalError) Error() string { return string(e) }

// UnavailableError: return it from take when nothing can be taken now, for instance because the database
// is away. No further event is tried; the hub sends all of them again, and slows down when this goes on.
type UnavailableError struct{ Reason error }

func (e UnavailableError) Error() string { return fmt.Sprint("nothing can be taken now: ", e.Reason) }
func (e UnavailableError) Unwrap() error { return e.Reason }

// Failure is what did not succeed, for the receiver's log.
type Failure struct {
	ID  string // Of the event; "": the request as a whole.
	Err error
}

// Answer is what to say to a request.
type Answer struct {
	Status   int
	Body     []byte
	Failures []Failure // For the log; the hub does not see the errors of take.
}

// Send writes the answer.
func (a Answer) Send(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.Status)
	_, err := w.Write(a.Body)
	return err
}

// result is what is said of one event, or of a request.
type result struct {
	ID      string `json:"id,omitempty"`
	Code    int    `json:"code"` // 0, or the HTTP status that it would get alone.
	Message string `json:"message"`
}

// resultOf is what the hub is told. Other errors may show what is nobody's business: a statement, a host, a
// person.
func resultOf(id string, err error) result {
	var event EventError
	var refusal RefusalError
	switch {
	case err == nil:
		return result{id, 0, "success"}
	case errors.As(err, new(UnavailableError)):
		return result{id, http.StatusInternalServerError, notStored}
	case errors.As(err, &event):
		return result{id, http.StatusBadRequest, clean(event.Error())}
	case errors.As(err, &refusal):
		return result{id, http.StatusUnprocessableEntity, clean(refusal.Error())}
	}
	return result{id, http.StatusInternalServerError, notStored}
}

// answerOfOne is {"code","message"}, with the status of the same meaning.
func answerOfOne(said result, failures []Failure) Answer {
	status := said.Code
	if status == 0 {
		status = http.StatusOK
	}
	said.ID = ""
	return Answer{status, jsonOf(said), failures}
}

// answerOfBatch is {"code","message","results":[{"id","code","message"}]}: docs/wire/schema/batch-answer.json.
func answerOfBatch(results []result, failures []Failure) Answer {
	return Answer{http.StatusOK, jsonOf(struct {
		result
		Results []result `json:"results"`
	}{result{Message: "success"}, results}), failures}
}

func jsonOf(document any) []byte {
	text, err := json.Marshal(document)
	if err != nil {
		panic(err) // Texts and numbers alone: json writes them all.
	}
	return text
}

// clean cuts a message, and takes its control characters out.
func clean(message string) string {
	runes := []rune(message)
	if len(runes) > messageCharactersMax {
		runes = runes[:messageCharactersMax]
	}
	for i, r := range runes {
		if r < ' ' || r == 0x7f {
			runes[i] = ' '
		}
	}
	return string(runes)
}
