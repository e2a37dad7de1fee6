"""The C++ sorted_json against the Python at hand: the same bytes, or both refuse."""

import json
import os
import random
import struct

import pytest

from wire_driver import Refused, WireDriver

DOCUMENTS = 4000
FLOATS = 20000
MUTATIONS = 8000
SEED = int(os.environ.get("TIDEMARK_SEED", "20260115"))


@pytest.fixture(scope="module")
def driver():
    with WireDriver() as made:
        yield made


@pytest.fixture
def chance():
    print(f"TIDEMARK_SEED={SEED}")
    return random.Random(SEED)


def expected(body):
    """What Python gives, None where it refuses. Its stack must not decide: documents stay flat."""
    try:
        return json.dumps(json.loads(body), sort_keys=True)
    except ValueError:
        return None


def given(driver, body):
    try:
        return driver.sorted_json(body)
    except Refused:
        return None


def text(chance):
    ranges = [(0x20, 0x7e), (0x00, 0x1f), (0x7f, 0x17f), (0x4e00, 0x9fff), (0xd800, 0xdfff),
              (0xe000, 0xffff), (0x10000, 0x10ffff)]
    return "".join(chr(chance.randint(*chance.choice(ranges)))
                   for _ in range(chance.choice([0, 1, 1, 2, 5, 20])))


def written_text(chance):
    """A string literal: each character plain where that is allowed, or escaped, at random."""
    out = ['"']
    for character in text(chance):
        point = ord(character)
        must = point < 0x20 or character in '"\\' or 0xd800 <= point <= 0xdfff
        if must or chance.random() < 0.3:
            escaped = json.dumps(character)[1:-1]
            out.append(escaped.upper().replace("\\U", "\\u") if "\\u" in escaped
                       and chance.random() < 0.5 else escaped)
        else:
            out.append(character)
    return "".join(out) + '"'


def written_number(chance):
    digits = "".join(chance.choice("0123456789")
                     for _ in range(chance.choice([1, 1, 2, 6, 17, 20, 40, 400])))
    number = chance.choice(["", "-"]) + (digits.lstrip("0") or "0")
    if chance.random() < 0.6:
        number += "." + "".join(chance.choice("0059")
                                for _ in range(chance.choice([1, 2, 2, 16, 30, 800])))
    if chance.random() < 0.4:
        number += chance.choice("eE") + chance.choice(["", "+", "-"]) + str(
            chance.choice([0, 1, 4, 5, 15, 16, 17, 21, 300, 308, 309, 323, 324, 400, 99999]))
    return number


def written(chance, depth=0):
    """A JSON document as text, with everything that Python reads."""
    blank = lambda: chance.choice(["", "", "", " ", "\t", "\r\n", "  "])
    kind = chance.random()
    if depth < 6 and kind < 0.35:
        names = [written_text(chance) for _ in range(chance.choice([0, 1, 3, 8]))]
        names += chance.choices(names, k=1) if names and chance.random() < 0.3 else []
        members = [f"{blank()}{name}{blank()}:{blank()}{written(chance, depth + 1)}{blank()}"
                   for name in names]
        return "{" + (",".join(members) or blank()) + "}"
    if depth < 6 and kind < 0.5:
        elements = [blank() + written(chance, depth + 1) + blank()
                    for _ in range(chance.choice([0, 1, 3, 8]))]
        return "[" + (",".join(elements) or blank()) + "]"
    if kind < 0.7:
        return written_text(chance)
    if kind < 0.9:
        return written_number(chance)
    return chance.choice(["true", "false", "null", "NaN", "Infinity", "-Infinity"])


def test_random_documents(driver, chance):
    for _ in range(DOCUMENTS):
        body = written(chance).encode()
        assert expected(body) is not None, body
        assert given(driver, body) == expected(body), body


def test_random_floats(driver, chance):
    """Any double that there is, in groups, as Python writes it and with all its digits."""
    for _ in range(FLOATS // 20):
        doubles = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(10)]
        doubles += [chance.randint(-10**6, 10**6) * 10.0 ** chance.randint(-8, 18)
                    for _ in range(9)]
        doubles.append(2.0 ** chance.randint(-1074, 1023))
        doubles = [d for d in doubles if d == d and abs(d) != float("inf")]
        for body in (json.dumps(doubles), "[" + ",".join(f"{d:.40e}" for d in doubles) + "]"):
            assert given(driver, body.encode()) == expected(body), body


def test_mutated_documents_are_refused_alike(driver, chance):
    alphabet = '{}[]",:\\ue0123456789.+-eE tfnNI\n'.encode()
    refused = 0
    for _ in range(MUTATIONS):
        body = bytearray(written(chance, depth=4).encode())
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(body) + 1)
            if chance.random() < 0.5:
                body[at:at] = bytes([chance.choice(alphabet)])
            else:
                del body[at:at + 1]
        try:
            body.decode()
        except UnicodeDecodeError:
            continue
        want = expected(bytes(body))
        refused += want is None
        assert given(driver, bytes(body)) == want, bytes(body)
    assert refused > MUTATIONS // 4


def test_names_in_the_order_of_python(driver, chance):
    for _ in range(200):
        names = [written_text(chance) for _ in range(40)]
        body = ("{" + ",".join(f"{name}:{i}" for i, name in enumerate(names)) + "}").encode()
        assert given(driver, body) == expected(body), body


@pytest.mark.parametrize("digits", [4299, 4300, 4301])
def test_long_integers(driver, digits):
    body = (b"[-" + b"7" * digits + b"]")
    assert given(driver, body) == expected(body)


@pytest.mark.parametrize("body", [b'\xef\xbb\xbf{}', '{"a":1}'.encode("utf-16"),
                                  b'"\xed\xa0\x80"'])
def test_narrower_than_python_on_purpose(driver, body):
    """Python would read these, but they are no JSON to anybody else; they are never published."""
    assert expected(body) is not None
    assert given(driver, body) is None
