"""The hub's OpenAPI document is accepted by others' validator, which is awake.

Run by tests/interop/run, which installs it. That the document has the hub's real routes is tested
where they are (src/api/access_test.cc)."""

import json
import os
import pathlib
import subprocess

import jsonschema
import pytest

HERE = pathlib.Path(__file__).resolve().parent
NODE = pathlib.Path(os.environ["INTEROP_CACHE"]) / "node"
DOCUMENT = json.loads((HERE.parent.parent / "docs/wire/openapi.json").read_bytes())


def verdict_on(document):
    ran = subprocess.run(["node", HERE / "openapi.mjs"], cwd=NODE, input=json.dumps(document),
                         capture_output=True, encoding="utf-8", check=True, timeout=60)
    return json.loads(ran.stdout)


def test_the_document_is_valid():
    verdict = verdict_on(DOCUMENT)
    assert verdict["valid"], verdict["errors"]
    assert verdict["version"] == "3.1"


def test_its_schemas_are_schemas():
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


PUBLISH = DOCUMENT["paths"]["/api/v1/vouchers"]["post"]
HARMED = {
    "no info": {**DOCUMENT, "info": {}},
    "a path without its slash": {**DOCUMENT, "paths": {"vouchers": {}}},
    "no method": {**DOCUMENT, "paths": {"/api/v1/vouchers": {"fetch": PUBLISH}}},
    "no responses": {**DOCUMENT, "paths": {"/api/v1/vouchers": {"post": {"responses": []}}}},
    "a reference to nothing": {**DOCUMENT, "components": {}},
}


@pytest.mark.parametrize("document", HARMED.values(), ids=HARMED.keys())
def test_a_harmed_document_is_not_valid(document):
    assert not verdict_on(document)["valid"]
