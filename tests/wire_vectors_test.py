"""docs/wire against the C++ signatures: the vectors, the examples, the schemas."""

import json
import pathlib
import subprocess
import sys

import jsonschema
import pytest

from wire_driver import Refused, WireDriver

WIRE = pathlib.Path(__file__).resolve().parent.parent / "docs/wire"
VECTORS = json.loads((WIRE / "vectors.json").read_bytes())
RECEIVING = json.loads((WIRE / "receiving.json").read_bytes())
SCHEMAS = {path.stem: json.loads(path.read_bytes())
           for path in sorted((WIRE / "schema").glob("*.json"))}


def named(cases):
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


@pytest.fixture(scope="module")
def driver():
    with WireDriver() as made:
        yield made


def validator(name):
    store = {schema["$id"]: schema for schema in SCHEMAS.values()}
    resolver = jsonschema.RefResolver("", SCHEMAS[name], store)
    return jsonschema.Draft202012Validator(SCHEMAS[name], resolver=resolver)


def errors(name, document):
    return [error.message for error in validator(name).iter_errors(document)]


def test_files_are_what_their_program_writes():
    subprocess.run([sys.executable, "-B", WIRE / "make_vectors.py", "--check"], check=True)


@pytest.mark.parametrize("case", VECTORS["webhook_keys"], ids=lambda case: repr(case["secret"]))
def test_keys(driver, case):
    try:
        key = driver.ask("key", case["secret"])[0].hex()
    except Refused:
        key = None
    assert key == case["key_hex"]


@named(VECTORS["sorted_json"])
def test_sorted_json(driver, case):
    assert driver.sorted_json(case["body"]) == case["sorted"]


@pytest.mark.parametrize("body", VECTORS["sorted_json_refused"], ids=repr)
def test_sorted_json_refuses(driver, body):
    with pytest.raises(Refused):
        driver.sorted_json(body)


@named(VECTORS["sign"])
def test_signing(driver, case):
    headers = driver.sign(case["style"], case["id"], case["timestamp"], case["body"],
                          case["secrets"])
    assert headers == case["headers"]
    assert driver.verify(headers, case["body"], case["secrets"], case["timestamp"]) in (
        "standard", case["style"], "raw")


@named(VECTORS["verify"])
def test_verifying(driver, case):
    assert driver.verify(case["headers"], case["body"], case["secrets"], case["now"],
                         case["tolerance_s"], case["accepted"]) == case["verdict"]


def example(name):
    return json.loads((WIRE / "examples" / name).read_bytes())


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_valid(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"urn:tidemark:wire:{name}"


@pytest.mark.parametrize("schema, file", [
    ("voucher", "voucher.json"), ("event", "event.json"), ("event", "event-without-voucher.json"),
    ("batch", "batch.json")])
def test_examples_fit_their_schemas(schema, file):
    assert errors(schema, example(file)) == []


@named(RECEIVING["requests"])
def test_answers_fit_their_schemas(case):
    """What is null there is each receiver's own words."""
    answer = json.loads(json.dumps(case["answer"]).replace('"message": null', '"message": "…"'))
    assert errors("receiver-answer", answer) == []
    if "results" in answer:
        assert errors("batch-answer", answer) == []


def test_the_example_event_carries_the_voucher_byte_for_byte():
    """What a publisher wrote stands in the event as it was, down to the zeros of an amount."""
    voucher, event = example("voucher.json"), example("event.json")
    text = (WIRE / "examples/event.json").read_text(encoding="utf-8")
    assert event["data"] == voucher["business_data"]
    others = {name: value for name, value in voucher.items()
              if name not in ("business_data", "event_type", "source_version")}
    assert event["voucher"] == others
    assert '"amount":100000.00' in text
    assert event["event"] == event["type"] == voucher["event_type"]


@pytest.mark.parametrize("schema, document", [
    ("voucher", {"source_system": "s", "source_type": "t", "source_id": 1}),
    ("voucher", {"source_system": "s", "source_type": "t", "source_id": 1, "event_type": "a b"}),
    ("voucher", {"source_system": "s", "source_type": "t", "source_id": 1, "event_type": "a",
                 "amout": 1}),
    ("voucher", {"source_system": "s", "source_type": "t", "source_id": 1, "event_type": "a",
                 "amount": "1,000.00"}),
    ("voucher", {"source_system": "s", "source_type": "t", "source_id": 1, "event_type": "a",
                 "business_data": []}),
    ("event", {"event": "a", "data": {}, "type": "a", "source_version": 1,
               "timestamp": "2026-01-15T08:30:00.000000Z"}),
    ("batch", {"events": []}),
    ("batch-answer", {"results": [{"id": "msg.1", "code": 0}]}),
    ("delivery", {"id": 1, "event_id": "e", "subscription_id": 1, "status": "lost", "attempts": 0,
                  "sequence": 1}),
    ("list", {"data": []}),
])
def test_schemas_refuse(schema, document):
    assert errors(schema, document) != []
