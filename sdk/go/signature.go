package tidemark

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Style is how a request was signed.
type Style string

const (
	Standard Style = "standard" // Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature
	Raw      Style = "raw"      // X-Signature over the body's bytes, and X-Timestamp
)

// SignatureError says why a request is not to be believed. Answer it with 401.
type SignatureError string

const (
	MissingHeader SignatureError = "missing_header"
	Malformed     SignatureError = "malformed"
	TooOld        SignatureError = "too_old"
	TooNew        SignatureError = "too_new"
	Mismatch      SignatureError = "mismatch"
)

func (e SignatureError) Error() string { return "signature refused: " + string(e) }

// Tolerance is how far a request's time may be from the receiver's clock, to either side.
const Tolerance = 300 * time.Second

// A sender has one signature a secret; more are not compared.
const signaturesMax = 8

var (
	timestampForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})$`)
	signatureForm = regexp.MustCompile(`^sha256:[0-9a-fA-F]{64}$`)
)

// Policy says what is accepted. The zero value accepts both styles within Tolerance.
type Policy struct {
	Tolerance    time.Duration // 0: Tolerance
	StandardOnly bool          // refuses the text style, which does not sign the time
	TextOnly     bool          // ignores webhook-* headers
}

// Verify checks a request against all secrets that are valid now. The rules and their order stand
// in docs/wire/README.md. The error is a SignatureError.
func Verify(header http.Header, body []byte, secrets []string, now time.Time, policy Policy) (Style, error) {
	if policy.Tolerance == 0 {
		policy.Tolerance = Tolerance
	}
	if !policy.TextOnly && anyPresent(header, "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature") {
		if keys := webhookKeys(secrets); len(keys) > 0 {
			return Standard, verifyStandard(header, body, keys, now, policy.Tolerance)
		}
	}
	if policy.StandardOnly {
		return "", MissingHeader
	}
	return Raw, verifyText(header, body, secrets, now, policy.Tolerance)
}

// WebhookKey is the key in a secret of Standard Webhooks; false for a secret of another form.
func WebhookKey(secret string) ([]byte, bool) {
	key, ok := strictBase64(strings.TrimPrefix(secret, "whsec_"))
	return key, ok && len(key) >= 24 && len(key) <= 64
}

func webhookKeys(secrets []string) (keys [][]byte) {
	for _, secret := range secrets {
		if key, ok := WebhookKey(secret); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

func verifyStandard(header http.Header, body []byte, keys [][]byte, now time.Time, tolerance time.Duration) error {
	id, hasID := first(header, "Webhook-Id")
	timestamp, hasTimestamp := first(header, "Webhook-Timestamp")
	list, hasList := first(header, "Webhook-Signature")
	if !hasID || !hasTimestamp || !hasList {
		return MissingHeader
	}
	if id == "" || strings.Contains(id, ".") {
		return Malformed
	}
	if err := checkTime(timestamp, now, tolerance); err != nil {
		return err
	}
	var macs [][]byte
	compared := 0
	for _, entry := range strings.Split(list, " ") {
		if !strings.HasPrefix(entry, "v1,") || compared == signaturesMax {
			continue
		}
		compared++
		if mac, ok := strictBase64(entry[len("v1,"):]); ok {
			macs = append(macs, mac)
		}
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	for _, key := range keys {
		expected := macOf(key, signed)
		for _, mac := range macs {
			if hmac.Equal(mac, expected) {
				return nil
			}
		}
	}
	return Mismatch
}

func verifyText(header http.Header, body []byte, secrets []string, now time.Time, tolerance time.Duration) error {
	signature, hasSignature := first(header, "X-Signature")
	timestamp, hasTimestamp := first(header, "X-Timestamp")
	if !hasSignature || !hasTimestamp {
		return MissingHeader
	}
	if err := checkTime(timestamp, now, tolerance); err != nil {
		return err
	}
	if !signatureForm.MatchString(signature) {
		return Malformed
	}
	mac, err := hex.DecodeString(signature[len("sha256:"):])
	if err != nil {
		return Malformed
	}
	for _, secret := range secrets {
		if secret != "" && hmac.Equal(mac, macOf([]byte(secret), body)) {
			return nil
		}
	}
	return Mismatch
}

func checkTime(text string, now time.Time, tolerance time.Duration) error {
	if !timestampForm.MatchString(text) {
		return Malformed
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return Malformed
	}
	limit := int64(tolerance / time.Second)
	switch age := now.Unix() - seconds; {
	case age > limit:
		return TooOld
	case -age > limit:
		return TooNew
	}
	return nil
}

func macOf(key, message []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(message)
	return mac.Sum(nil)
}

// strictBase64 takes the one text of each sequence of bytes, and no other.
func strictBase64(text string) ([]byte, bool) {
	data, err := base64.StdEncoding.DecodeString(text)
	return data, err == nil && base64.StdEncoding.EncodeToString(data) == text
}

func first(header http.Header, name string) (string, bool) {
	values := header[name]
	if len(values) == 0 {
		return "", false
	}
	return values[0], true
}

func anyPresent(header http.Header, names ...string) bool {
	for _, name := range names {
		if _, ok := first(header, name); ok {
			return true
		}
	}
	return false
}
