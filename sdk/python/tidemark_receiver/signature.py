"""Both signature styles of a delivery. The rules stand in docs/wire/README.md."""

import base64
import binascii
import hashlib
import hmac
import json
import re

ALL_STYLES = ("standard", "raw", "sorted-json")
TOLERANCE_S = 300
SIGNATURES_MAX = 8
KEY_BYTES = range(24, 65)


class SignatureError(Exception):
    """The request is not to be believed. Answer it with 401. `fault` is one of missing_header,
    malformed, too_old, too_new, mismatch."""

    def __init__(self, fault):
        super().__init__(f"signature refused: {fault}")
        self.fault = fault


def verify(headers, body, secrets, now, *, tolerance_s=TOLERANCE_S, accepted=ALL_STYLES):
    """Checks a request. `headers` is a mapping (any case), `body` the bytes as received, `secrets`
    all that are valid now, `now` Unix seconds. Gives the style and the bytes that were signed.
    Raises SignatureError."""
    headers = {name.lower(): value for name, value in headers.items()}
    standard = [headers.get(name)
                for name in ("webhook-id", "webhook-timestamp", "webhook-signature")]
    if "standard" in accepted and any(value is not None for value in standard):
        keys = [key for key in map(webhook_key, secrets) if key is not None]
        if keys:
            return "standard", _verify_standard(*standard, body, keys, now, tolerance_s)
    if "raw" in accepted or "sorted-json" in accepted:
        return _verify_text(headers.get("x-signature"), headers.get("x-timestamp"), body, secrets,
                            now, tolerance_s, accepted)
    raise SignatureError("missing_header")


def webhook_key(secret):
    """The key in a secret of Standard Webhooks; None for a secret of another form."""
    key = _base64(secret[len("whsec_"):] if secret.startswith("whsec_") else secret)
    return key if key is not None and len(key) in KEY_BYTES else None


def _verify_standard(event_id, timestamp, listed, body, keys, now, tolerance_s):
    if event_id is None or timestamp is None or listed is None:
        raise SignatureError("missing_header")
    if not event_id or "." in event_id:
        raise SignatureError("malformed")
    _check_time(timestamp, now, tolerance_s)
    signed = f"{event_id}.{timestamp}.".encode() + body
    entries = [entry[3:] for entry in listed.split(" ") if entry.startswith("v1,")]
    macs = [mac for mac in map(_base64, entries[:SIGNATURES_MAX]) if mac is not None]
    for key in keys:
        expected = hmac.new(key, signed, hashlib.sha256).digest()
        if any(hmac.compare_digest(mac, expected) for mac in macs):
            return signed
    raise SignatureError("mismatch")


def _verify_text(signature, timestamp, body, secrets, now, tolerance_s, accepted):
    if signature is None or timestamp is None:
        raise SignatureError("missing_header")
    _check_time(timestamp, now, tolerance_s)
    if not re.fullmatch(r"sha256:[0-9a-fA-F]{64}", signature):
        raise SignatureError("malformed")
    mac = bytes.fromhex(signature[len("sha256:"):])
    for style, signed in _signed_texts(body, accepted):
        for secret in secrets:
            if secret and hmac.compare_digest(
                    mac, hmac.new(secret.encode(), signed, hashlib.sha256).digest()):
                return style, signed
    raise SignatureError("mismatch")


def signed_text(body, style):
    """What the text style `style` signs of a body: raw, the body itself; sorted-json, its JSON
    sorted. Raises ValueError or RecursionError for a body that is no JSON."""
    return body if style == "raw" else json.dumps(json.loads(body), sort_keys=True).encode()


def _signed_texts(body, accepted):
    if "raw" in accepted:
        yield "raw", body
    if "sorted-json" in accepted:
        try:
            yield "sorted-json", signed_text(body, "sorted-json")
        except (ValueError, RecursionError):
            return


def _check_time(text, now, tolerance_s):
    if not re.fullmatch(r"0|[1-9][0-9]{0,11}", text):
        raise SignatureError("malformed")
    if now - int(text) > tolerance_s:
        raise SignatureError("too_old")
    if int(text) - now > tolerance_s:
        raise SignatureError("too_new")


def _base64(text):
    """Strict: one text for each sequence of bytes. Else None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None
