package tidemark

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const answerBytesMax = 64 << 20

// Hub fetches what did not arrive. URL like https://hub.example.com, Token of the role viewer.
type Hub struct {
	URL     string
	Token   string
	Timeout time.Duration // Of one page; 0: 30 s.
}

// Item is one event of a page, for Receiver.Pulled.
type Item struct {
	Sequence int64  `json:"sequence"`
	EventID  string `json:"event_id"`
	Name     string `json:"event"`
	Body     string `json:"body"` // The text that was pushed, to the byte.
}

// Page is in the order of the sequence numbers. Note NextAfter with Inbox.Filled when the items are
// applied.
type Page struct {
	Items     []Item `json:"data"`
	NextAfter int64  `json:"next_after"`
	HasMore   bool   `json:"has_more"`
}

// EventsAfter fetches one page. An error means: try again later, nothing has moved.
func (h Hub) EventsAfter(ctx context.Context, subscription string, after int64) (Page, error) {
	address := fmt.Sprintf("%s/api/v1/subscriptions/%s/events?after=%d", strings.TrimRight(h.URL, "/"),
		url.PathEscape(subscription), after)
	page, err := h.get(ctx, address)
	if err == nil && (page.NextAfter < after || page.HasMore && page.NextAfter == after) {
		err = errors.New("the page does not go on")
	}
	if err != nil {
		return Page{}, fmt.Errorf("GET %s: %w", address, err)
	}
	return page, nil
}

func (h Hub) get(ctx context.Context, address string) (Page, error) {
	timeout := h.Timeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	client := http.Client{
		Timeout: timeout,
		// The token is for this hub alone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Page{}, err
	}
	request.Header.Set("Authorization", "Bearer "+h.Token)
	answer, err := client.Do(request)
	if err != nil {
		return Page{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return Page{}, fmt.Errorf("HTTP %d", answer.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerBytesMax+1))
	if err != nil {
		return Page{}, err
	}
	if len(text) > answerBytesMax {
		return Page{}, fmt.Errorf("more than %d bytes", answerBytesMax)
	}
	// Pointers tell what is missing from what is zero.
	var given struct {
		Items     *[]Item `json:"data"`
		NextAfter *int64  `json:"next_after"`
		HasMore   *bool   `json:"has_more"`
	}
	if err := json.Unmarshal(text, &given); err != nil {
		return Page{}, err
	}
	if given.Items == nil || given.NextAfter == nil || given.HasMore == nil {
		return Page{}, errors.New("not the answer of a hub")
	}
	return Page{*given.Items, *given.NextAfter, *given.HasMore}, nil
}
