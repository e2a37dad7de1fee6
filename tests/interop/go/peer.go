// The official Standard Webhooks library for Go, asked over lines of JSON. See interop_test.py.
package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type question struct {
	Do, Secret, ID, Body string
	Timestamp            int64
	Headers              map[string]string
}

func answer(q question) (string, error) {
	webhook, err := standardwebhooks.NewWebhook(q.Secret)
	if err != nil {
		return "", err
	}
	if q.Do == "sign" {
		return webhook.Sign(q.ID, time.Unix(q.Timestamp, 0), []byte(q.Body))
	}
	header := http.Header{}
	for name, value := range q.Headers {
		header.Set(name, value)
	}
	return "accepted", webhook.Verify([]byte(q.Body), header)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			panic(err)
		}
		given := map[string]string{}
		if said, err := answer(q); err != nil {
			given["refused"] = err.Error()
		} else {
			given["said"] = said
		}
		json.NewEncoder(os.Stdout).Encode(given)
	}
}
