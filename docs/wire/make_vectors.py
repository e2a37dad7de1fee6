#!/usr/bin/env python3
"""Writes vectors.json and the golden bodies in examples/: what the wire looks like, to the byte.

Everything is computed with nothing but Python's own hmac, hashlib, base64 and json: independently of
Tidemark's code, and exactly as existing receivers in Python do it. Run it after a change, look at
the difference, commit both. With --check it writes nothing and fails if a file would change.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent

NEW = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
OLD = "whsec_ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A="
OFFICIAL = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PLAIN = "example-shared-secret"
CHINESE = "示例密钥 2026"
ID = "msg_01JHZK7T0V8Q6W3E5R2Y9A4B1C"
SENT = 1768465802
INVOICE = ('{"type":"invoice.recorded","timestamp":"2026-01-15T08:30:00.000000Z","data":{"voucher_id":'
           '"V-000123","source_version":7,"amount":"1024.50","currency":"CNY"}}')

# The body of an event, put together as the relay does it: the voucher's business_data and its other
# fields as they were written, byte for byte.
BUSINESS_DATA = ('{"contract_id":12345,"contract_no":"L1-20251219-001","amount":100000.00,"supplier":'
                 '"上海示例公司","items":[{"sku":"SKU-001","quantity":20,"unit_price":5000.00}]}')
SOURCE_FIELDS = ('"voucher_date":"2026-01-15","source_system":"settlement","source_module":"l1_contract",'
                 '"source_type":"purchase_goods","source_id":12345,'
                 '"source_reference_no":"L1-20251219-001","company_id":7,"counterparty_type":"supplier",'
                 '"counterparty_id":88,"counterparty_name":"上海示例公司","direction":"debit",'
                 '"amount":100000.00,"currency":"CNY","summary":"采购交付合同：L1-20251219-001"')
LAST_FIELDS = ('"status":"approved","sync_status":"pending","sync_target_systems":["tax"],'
               '"created_by":3')
VOUCHER = (f'{{"voucher_no":"V20260115-000001",{SOURCE_FIELDS},"business_data":{BUSINESS_DATA},'
           f'{LAST_FIELDS},"event_type":"l1_confirmed","source_version":1}}')
EVENT = (f'{{"event":"l1_confirmed","voucher_id":1001,"data":{BUSINESS_DATA},'
         f'"voucher":{{"voucher_no":"V20260115-000001",{SOURCE_FIELDS},{LAST_FIELDS}}},'
         '"type":"l1_confirmed","timestamp":"2026-01-15T08:30:00.000000Z","source_version":1}')
EVENT_WITHOUT_VOUCHER = ('{"event":"supplier.changed","data":{"supplier_id":88,"name":"上海示例公司"},'
                         '"source":{"source_system":"settlement","source_type":"supplier",'
                         '"source_id":88},"type":"supplier.changed",'
                         '"timestamp":"2026-01-15T08:31:00.000000Z","source_version":2}')
BATCH = (f'{{"events":[{{"id":"{ID}","sequence":41,"payload":{EVENT}}},'
         f'{{"id":"msg_01JHZK8R4M2N7P9S3T5V6W8X0Y","sequence":42,"payload":{EVENT_WITHOUT_VOUCHER}}}]}}')

EXAMPLES = {"voucher.json": VOUCHER, "event.json": EVENT,
            "event-without-voucher.json": EVENT_WITHOUT_VOUCHER, "batch.json": BATCH}

# Bodies whose Python text differs from their bytes in every way that there is.
SORTED = {
    "names are sorted at every depth": '{"b":1,"a":{"d":[{"z":1,"y":2}],"c":null}}',
    "separators": '{"a":[1,2],"b":{}}',
    "Chinese": '{"购买方":"上海示例公司","金额":"1024.50"}',
    "characters beyond U+FFFF": '{"😀":"𠮷野家","\\ud83d\\ude00b":"\\uD842\\uDFB7"}',
    "lone surrogates": '["\\ud83d","\\ude00\\ud83d","\\uD83Dx"]',
    "order of code points": '{"😀":1,"\\uff01":2,"é":3,"z":4,"":5,"Z":6}',
    "escapes": '"\\u0041\\/\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001F\x7f~"',
    "repeated names": '{"a":1,"b":2,"\\u0061":3}',
    "cents": '{"amount":100000.00,"tax":13000.50,"zero":0.00,"negative":-2.50}',
    "exponents": '[1E5,1e16,1e15,0.0001,0.00001,1.5e300,1e+2,2.50e-10]',
    "big integers": '[12345678901234567890,123456789012345678901234567890,-0,0]',
    "floats that a double cannot hold": '[0.1000000000000000055511151231257827,9007199254740993.0,1e23]',
    "floats beyond the range": '[1e999,-1e999,1e-999,-0.0]',
    "words of Python": '[NaN,Infinity,-Infinity,true,false,null]',
    "blanks": ' { "a" :\t[ 1 ,\n2 ] }\r\n',
    "scalar": '"text"',
    "the worked example": INVOICE,
    "the event of the examples": EVENT,
}
REFUSED = ["", "{", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "+1", "-", "nan", "'a'", "\"a",
           "\"\n\"", "\"\\x\"", "\"\\u12g4\"", "1 2", "tru", "// 1"]


def sorted_json(body):
    return json.dumps(json.loads(body), sort_keys=True)


def text_signature(body, secret, style="raw"):
    message = sorted_json(body) if style == "sorted-json" else body
    return "sha256:" + hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def webhook_key(secret):
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return None
    strict = base64.b64encode(key).decode() == secret.removeprefix("whsec_")
    return key if strict and 24 <= len(key) <= 64 else None


def webhook_signature(event_id, timestamp, body, secret):
    content = f"{event_id}.{timestamp}.{body}".encode()
    mac = hmac.new(webhook_key(secret), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def signed(secrets, body, style="raw", event_id=ID, timestamp=SENT):
    """The headers of a delivery."""
    headers = {"x-signature": text_signature(body, secrets[0], style),
               "x-timestamp": str(timestamp)}
    keys = [secret for secret in secrets if webhook_key(secret) is not None]
    if keys:
        headers["webhook-id"] = event_id
        headers["webhook-timestamp"] = str(timestamp)
        headers["webhook-signature"] = " ".join(
            webhook_signature(event_id, timestamp, body, secret) for secret in keys)
    return headers


def sign_cases():
    def case(name, secrets, body, style="raw", event_id=ID, timestamp=SENT):
        return {"name": name, "secrets": secrets, "style": style, "id": event_id,
                "timestamp": timestamp, "body": body,
                "headers": signed(secrets, body, style, event_id, timestamp)}

    yield case("official vector of Standard Webhooks", [OFFICIAL], '{"test": 2432232314}',
               event_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330)
    yield case("rotation: two secrets", [NEW, OLD], INVOICE)
    yield case("bytes of UTF-8", [NEW], '{"buyer":"上海示例公司"}')
    yield case("secret without prefix", [NEW.removeprefix("whsec_")], "{}")
    yield case("secret of people", [PLAIN], EVENT)
    yield case("secret in Chinese", [CHINESE], EVENT)
    yield case("rotation from a secret of people", [NEW, PLAIN], EVENT)
    yield case("the event of the examples", [NEW], EVENT)
    yield case("the event of the examples, sorted", [NEW], EVENT, "sorted-json")
    yield case("the batch of the examples", [NEW], BATCH)
    yield case("empty body", [NEW], "")
    for name, body in SORTED.items():
        yield case("sorted: " + name, [PLAIN], body, "sorted-json")


def verify_cases():
    def case(name, verdict, headers, body=INVOICE, secrets=(NEW,), now=SENT, tolerance=300,
             accepted=("standard", "raw", "sorted-json")):
        return {"name": name, "verdict": verdict, "secrets": list(secrets), "now": now,
                "tolerance_s": tolerance, "accepted": list(accepted), "headers": headers,
                "body": body}

    def without(headers, *names):
        return {name: value for name, value in headers.items() if name not in names}

    both = signed([NEW], INVOICE)
    standard = without(both, "x-signature", "x-timestamp")
    text = without(both, "webhook-id", "webhook-timestamp", "webhook-signature")
    plain = signed([PLAIN], INVOICE)
    plain_sorted = signed([PLAIN], INVOICE, "sorted-json")
    good = both["webhook-signature"]
    wrong = "v1," + base64.b64encode(bytes(32)).decode()

    yield case("both styles", "standard", both)
    yield case("standard alone", "standard", standard)
    yield case("text style alone", "raw", text)
    yield case("secret of people", "raw", plain, secrets=[PLAIN])
    yield case("sorted", "sorted-json", plain_sorted, secrets=[PLAIN])
    yield case("sorted, other spelling of the same document", "sorted-json",
               signed([PLAIN], '{"a":1.50,"b":"é"}', "sorted-json"),
               body='{ "b": "\\u00e9", "a": 1.5 }', secrets=[PLAIN])
    yield case("sorted, body that is no JSON", "mismatch", plain_sorted, body="{", secrets=[PLAIN])
    yield case("receiver has both secrets, sender the old", "standard", signed([OLD], INVOICE),
               secrets=[NEW, OLD])
    yield case("sender has both secrets, receiver the old", "standard", signed([NEW, OLD], INVOICE),
               secrets=[OLD])
    yield case("text style with the second secret", "raw", plain, secrets=["another", PLAIN])
    yield case("another secret", "mismatch", both, secrets=[OLD])
    yield case("another secret of people", "mismatch", plain, secrets=["another"])
    yield case("no secret", "mismatch", both, secrets=[])
    yield case("empty secret", "mismatch",
               {"x-signature": text_signature(INVOICE, ""), "x-timestamp": str(SENT)}, secrets=[""])
    yield case("no header", "missing_header", {})
    for name in standard:
        yield case(f"without {name}", "missing_header", without(both, name))
    for name in text:
        yield case(f"without {name}", "missing_header", without(text, name))
    for label, headers, verdict in (("standard", standard, "standard"), ("text", text, "raw")):
        yield case(f"{label}: 300 s late", verdict, headers, now=SENT + 300)
        yield case(f"{label}: 301 s late", "too_old", headers, now=SENT + 301)
        yield case(f"{label}: 300 s early", verdict, headers, now=SENT - 300)
        yield case(f"{label}: 301 s early", "too_new", headers, now=SENT - 301)
        yield case(f"{label}: own tolerance", "too_old", headers, now=SENT + 61, tolerance=60)
        stamp = "webhook-timestamp" if label == "standard" else "x-timestamp"
        for value in ("", "abc", "-1", "+1768465802", "01768465802", "1768465802.0", "1.8e9",
                      "9999999999999"):
            yield case(f"{label}: timestamp {value!r}", "malformed", {**headers, stamp: value})
    yield case("another id", "mismatch", {**standard, "webhook-id": "msg_other"})
    yield case("id with a full stop", "malformed", {**standard, "webhook-id": "msg.other"})
    yield case("empty id", "malformed", {**standard, "webhook-id": ""})
    yield case("altered timestamp", "mismatch",
               {**standard, "webhook-timestamp": str(SENT + 1)})
    yield case("altered body", "mismatch", standard, body=INVOICE + " ")
    yield case("altered body, text style", "mismatch", plain, body=INVOICE.replace("1024", "1025"),
               secrets=[PLAIN])
    for name, listed, verdict in (
            ("third of four", f"{wrong} v2,abc {good} {wrong}", "standard"),
            ("last", f"{wrong} {good}", "standard"),
            ("among broken ones", f"v1 v1, v1,% ,,, {good}", "standard"),
            ("eighth", "v1,AAAA " * 7 + good, "standard"),
            ("ninth", "v1,AAAA " * 8 + good, "mismatch"),
            ("empty", "", "mismatch"),
            ("empty v1", "v1,", "mismatch"),
            ("other version", "v2," + good[3:], "mismatch"),
            ("asymmetric", "v1a," + good[3:], "mismatch"),
            ("no version", good[3:], "mismatch"),
            ("no padding", good[:-1], "mismatch"),
            ("too much padding", good + "=", "mismatch"),
            ("wrong", wrong, "mismatch")):
        yield case(f"signature list: {name}", verdict, {**standard, "webhook-signature": listed})
    digits = plain["x-signature"].removeprefix("sha256:")
    for value, verdict in (("sha256:" + digits.upper(), "raw"), ("", "malformed"),
                           (digits, "malformed"), ("sha256=" + digits, "malformed"),
                           ("sha256:" + digits[2:], "malformed"),
                           ("sha256:" + digits + "00", "malformed"),
                           ("sha256:" + "g" * 64, "malformed"),
                           ("sha256:" + "0" * 64, "mismatch")):
        yield case(f"x-signature {value[:12]!r} of {len(value)}", verdict,
                   {**plain, "x-signature": value}, secrets=[PLAIN])
    yield case("standard decides where it can", "mismatch", {**both, "webhook-signature": wrong})
    yield case("standard decides about the age", "too_old", {**both, "x-timestamp": str(SENT + 900)},
               now=SENT + 900)
    yield case("standard cannot decide without a key", "raw",
               {**plain, "webhook-signature": wrong}, secrets=[PLAIN])
    yield case("standard only", "standard", both, accepted=["standard"])
    yield case("standard only, text style alone", "missing_header", text, accepted=["standard"])
    yield case("raw only", "raw", both, accepted=["raw"])
    yield case("sorted not accepted", "mismatch", plain_sorted, secrets=[PLAIN],
               accepted=["standard", "raw"])


def vectors():
    key_bytes = lambda count: base64.b64encode(bytes(range(count))).decode()
    secrets = [NEW, OLD, OFFICIAL, OFFICIAL.removeprefix("whsec_"), "whsec_" + key_bytes(23),
               "whsec_" + key_bytes(24), "whsec_" + key_bytes(64), "whsec_" + key_bytes(65),
               "whsec_", "", PLAIN, CHINESE, "whsec_" + OFFICIAL, NEW.rstrip("="), NEW + "\n",
               NEW.replace("yA=", "yB="), "whsec_" + "-_" * 16, "0123456789abcdef" * 2]
    return {
        "about": "Golden vectors of the wire, written by make_vectors.py. README.md explains them.",
        "webhook_keys": [{"secret": secret, "key_hex": key.hex() if key is not None else None}
                         for secret in secrets for key in [webhook_key(secret)]],
        "sorted_json": [{"name": name, "body": body, "sorted": sorted_json(body)}
                        for name, body in SORTED.items()],
        "sorted_json_refused": REFUSED,
        "sign": list(sign_cases()),
        "verify": list(verify_cases()),
    }


def main():
    files = {HERE / "vectors.json": json.dumps(vectors(), ensure_ascii=True, indent=1) + "\n"}
    files |= {HERE / "examples" / name: text for name, text in EXAMPLES.items()}
    stale = [path for path, text in files.items()
             if not path.exists() or path.read_bytes() != text.encode()]
    if "--check" in sys.argv[1:]:
        sys.exit(f"stale: {', '.join(map(str, stale))}" if stale else 0)
    for path, text in files.items():
        path.write_bytes(text.encode())


if __name__ == "__main__":
    main()
