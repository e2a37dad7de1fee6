#!/usr/bin/env python3
"""Writes vectors.json, receiving.json and the golden bodies in examples/: what the wire looks like, to
the byte.

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


NOT_STORED = "the event could not be stored"
BATCH_ID = "msg_01JHZK9T6P3Q8R1S4V7W0X2Y5Z"
SECOND_ID = "msg_01JHZK8R4M2N7P9S3T5V6W8X0Y"
MESSAGE_CHARACTERS_MAX = 120
# The body of an event with one thing wrong.
UNREADABLE = {
    "a number": "1", "a text": '"text"', "a list": "[]", "an empty object": "{}",
    "no event name": EVENT.replace('"event":"l1_confirmed",', ""),
    "an empty event name": EVENT.replace('"event":"l1_confirmed"', '"event":""'),
    "no data": EVENT_WITHOUT_VOUCHER.replace('"data":', '"date":'),
    "data that is a list": '{"event":"a","data":[],"source":{"source_system":"s","source_type":"t",'
                           '"source_id":1},"source_version":1}',
    "no version": EVENT.replace(',"source_version":1', ""),
    "version 0": EVENT.replace('"source_version":1', '"source_version":0'),
    "no voucher and no source": '{"event":"a","data":{},"source_version":1}',
    "no source system": EVENT.replace('"source_system":"settlement",', ""),
    "no source id": EVENT.replace('"source_id":12345,', ""),
    "source id null": EVENT.replace('"source_id":12345', '"source_id":null'),
    "source id that is an object": EVENT.replace('"source_id":12345', '"source_id":{"a":1}'),
}
# Batches about whose single events nothing can be said.
DAMAGED = {
    "no events": '{"events":[]}', "events that are an object": '{"events":{}}',
    "an item that is a number": '{"events":[1]}',
    "an item without id": f'{{"events":[{{"payload":{EVENT}}}]}}',
    "an id with a full stop": f'{{"events":[{{"id":"msg.1","payload":{EVENT}}}]}}',
    "an item without payload": '{"events":[{"id":"msg_1"}]}',
    "a payload that is null": '{"events":[{"id":"msg_1","payload":null}]}',
    "number 0": f'{{"events":[{{"id":"msg_1","sequence":0,"payload":{EVENT}}}]}}',
    "101 events": '{"events":[' + ",".join(['{"id":"msg_1","payload":{}}'] * 101) + "]}",
    "neither batch nor event": "{}", "a list": "[]", "no JSON": '{"events":[',
}


def batch(*items):
    return '{"events":[' + ",".join(
        f'{{"id":"{event_id}","sequence":{41 + place},"payload":{payload}}}'
        for place, (event_id, payload) in enumerate(items)) + "]}"


def outcome(code):
    """What the hub does with an event that was answered so in a 200."""
    if code == 0:
        return "delivered"
    return "park" if code in (400, 413, 422) else "retry"


def whole(status, message=None):
    return {"status": status, "answer": {"code": 0 if status == 200 else status, "message": message}}


def by_event(*results):
    """Each of them (id, code, message)."""
    return {"status": 200,
            "answer": {"code": 0, "message": "success",
                       "results": [{"id": event_id, "code": code, "message": message}
                                   for event_id, code, message in results]},
            "outcomes": {event_id: outcome(code) for event_id, code, _ in results}}


def request_cases():
    def case(name, body, wanted, taken=(), refuses=None, fails=(), unavailable=(), secrets=(NEW,),
             event_id=BATCH_ID, headers=None):
        return {"name": name, "secrets": list(secrets), "now": SENT,
                "headers": signed(list(secrets), body, event_id=event_id) | (headers or {}),
                "body": body, "refuses": refuses or {}, "fails": list(fails),
                "unavailable": list(unavailable), "taken": list(taken), **wanted}

    first, second = (ID, EVENT), (SECOND_ID, EVENT_WITHOUT_VOUCHER)
    good, good_too = (ID, 0, "success"), (SECOND_ID, 0, "success")
    both = [ID, SECOND_ID]

    yield case("all are taken", BATCH, by_event(good, good_too), both)
    yield case("one event", batch(first), by_event(good), [ID])
    yield case("without numbers", BATCH.replace('"sequence":41,', "").replace('"sequence":42,', ""),
               by_event(good, good_too), both)
    yield case("an event that comes twice", batch(first, second, first),
               by_event(good, good_too, good), [ID, SECOND_ID, ID])
    yield case("text style: the ids in the body are signed", BATCH, by_event(good, good_too), both,
               secrets=[PLAIN])
    yield case("one is refused", BATCH, by_event(good, (SECOND_ID, 422, "金额不符")), both,
               refuses={SECOND_ID: "金额不符"})
    yield case("one fails", BATCH, by_event((ID, 500, NOT_STORED), good_too), both, fails=[ID])
    yield case("one is refused, one fails, one is taken",
               batch(first, second, ("msg_third", EVENT_WITHOUT_VOUCHER)),
               by_event((ID, 500, NOT_STORED), (SECOND_ID, 422, "no such supplier"),
                        ("msg_third", 0, "success")),
               [*both, "msg_third"], refuses={SECOND_ID: "no such supplier"}, fails=[ID])
    yield case("all fail", BATCH, by_event((ID, 500, NOT_STORED), (SECOND_ID, 500, NOT_STORED)), both,
               fails=both)
    yield case("a long message is cut", batch(first),
               by_event((ID, 422, "金额不符" * (MESSAGE_CHARACTERS_MAX // 4))), [ID],
               refuses={ID: "金额不符" * 50})
    yield case("control characters become blanks", batch(first), by_event((ID, 422, 'a "b"  c\\')),
               [ID], refuses={ID: 'a "b"\t\nc\\'})
    yield case("nothing can be taken", BATCH, whole(500, NOT_STORED), [ID], unavailable=[ID])
    yield case("from the second on nothing can be taken", BATCH, whole(500, NOT_STORED), both,
               unavailable=[SECOND_ID])
    for name, payload in UNREADABLE.items():
        yield case(f"an event that cannot be read: {name}", batch((SECOND_ID, payload), first),
                   by_event((SECOND_ID, 400, None), good), [ID])
    yield case("no event can be read", batch((ID, "{}"), (SECOND_ID, "{}")),
               by_event((ID, 400, None), (SECOND_ID, 400, None)))
    for name, body in DAMAGED.items():
        yield case(f"damaged: {name}", body, whole(400))
    yield case("forged", BATCH, whole(401), headers={"webhook-id": "msg_other"})

    success = whole(200, "success")
    yield case("a single event", EVENT, success, [ID], event_id=ID)
    yield case("a single event is refused", EVENT, whole(422, "no such supplier"), [ID], event_id=ID,
               refuses={ID: "no such supplier"})
    yield case("a single event fails", EVENT, whole(500, NOT_STORED), [ID], event_id=ID, fails=[ID])
    yield case("a single event, nothing can be taken", EVENT, whole(500, NOT_STORED), [ID],
               event_id=ID, unavailable=[ID])
    yield case("a single event that cannot be read", EVENT.replace('"data":', '"date":'), whole(400),
               event_id=ID)
    yield case("an event is no batch, whatever else it has",
               EVENT.replace('"type":', '"events":[],"type":'), success, [ID], event_id=ID)


def pulled_cases():
    def delivery(secrets, body, style="raw"):
        return {"headers": signed(secrets, body, style), "body": body}

    def case(name, named, secrets, *deliveries, body=EVENT, style="raw"):
        return {"name": name, "secrets": secrets, "now": SENT, "style": style,
                "deliveries": list(deliveries),
                "item": {"sequence": 41, "event_id": ID, "event": "l1_confirmed", "body": body},
                "id": named}

    def hashed(text):
        return "sha256-" + hashlib.sha256(text.encode()).hexdigest()

    # Python's text of it differs from its bytes.
    event = EVENT.replace(",", " , ", 1)
    yield case("before the first delivery, Standard Webhooks", ID, [NEW])
    yield case("before the first delivery, text style", hashed(EVENT), [PLAIN])
    yield case("Standard Webhooks", ID, [NEW], delivery([NEW], EVENT))
    yield case("text style", hashed(EVENT), [PLAIN], delivery([PLAIN], EVENT))
    yield case("text style, batches", ID, [PLAIN], delivery([PLAIN], BATCH))
    yield case("text style, no batches any more", hashed(EVENT), [PLAIN], delivery([PLAIN], BATCH),
               delivery([PLAIN], EVENT))
    yield case("the hub still signs with the old secret", hashed(EVENT), [NEW, PLAIN],
               delivery([PLAIN], EVENT))
    yield case("the hub signs with the new secret", ID, [NEW, PLAIN], delivery([PLAIN], EVENT),
               delivery([NEW, PLAIN], EVENT))
    yield case("text style, sorted", hashed(sorted_json(event)), [PLAIN],
               delivery([PLAIN], event, "sorted-json"), body=event, style="sorted-json")


def receiving():
    return {
        "about": "What a receiver makes of requests and of pulled events. Written by make_vectors.py. "
                 "README.md explains them.",
        "requests": list(request_cases()),
        "pulled": list(pulled_cases()),
    }


def main():
    files = {HERE / name: json.dumps(content, ensure_ascii=True, indent=1) + "\n"
             for name, content in (("vectors.json", vectors()), ("receiving.json", receiving()))}
    files |= {HERE / "examples" / name: text for name, text in EXAMPLES.items()}
    stale = [path for path, text in files.items()
             if not path.exists() or path.read_bytes() != text.encode()]
    if "--check" in sys.argv[1:]:
        sys.exit(f"stale: {', '.join(map(str, stale))}" if stale else 0)
    for path, text in files.items():
        path.write_bytes(text.encode())


if __name__ == "__main__":
    main()
