"""What a delivery says."""

import dataclasses
import decimal
import json
import re
import typing

BATCH_EVENTS_MAX = 100
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")


class EventError(Exception):
    """The body is signed but is no event. Answer it with 400: the hub parks it."""


@dataclasses.dataclass(frozen=True)
class Event:
    """One event. Numbers with a fraction are Decimal, so money stays exact."""

    id: str                              #: Recognise repeats by it.
    sequence: typing.Optional[int]       #: Without gaps per subscription; None if not told.
    event: str                           #: Its name: l1_confirmed, invoice.recorded.
    data: dict                           #: The voucher's business_data.
    source_version: int                  #: Apply only what is newer.
    timestamp: str                       #: When the hub accepted it: ISO 8601, UTC.
    voucher_id: typing.Optional[int]     #: None for an event without a voucher.
    voucher: typing.Optional[dict]       #: The voucher's other fields.
    source: typing.Optional[dict]        #: In place of the voucher.

    @property
    def record(self):
        """What the version belongs to: system, type, id and event name, for Inbox.newer."""
        of = self.voucher or self.source or {}
        parts = (of.get("source_system"), of.get("source_type"), of.get("source_id"), self.event)
        return "/".join("" if part is None else str(part) for part in parts)


def parse(text):
    """JSON with exact numbers."""
    try:
        return json.loads(text, parse_float=decimal.Decimal)
    except (ValueError, RecursionError) as error:
        raise EventError(f"the body is no JSON: {error}") from None


class Item(typing.NamedTuple):
    """What a request brings, before its event is read."""

    id: str
    sequence: typing.Optional[int]
    payload: typing.Any


def batch_of(payload):
    """The items of a batch, in its order; None if the body is none. Raises EventError if its form is
    wrong as a whole, so that nothing can be said about single events."""
    if not isinstance(payload, dict) or payload.get("events") is None or (
            payload.get("event") is not None):
        return None
    listed = payload["events"]
    _need(isinstance(listed, list) and 1 <= len(listed) <= BATCH_EVENTS_MAX,
          f"events must be a list of 1 to {BATCH_EVENTS_MAX} events")
    items = []
    for item in listed:
        _need(isinstance(item, dict), "events[] must be an object")
        _need(_is_id(item.get("id")), "events[].id must be letters, digits, _ and -")
        sequence = item.get("sequence")
        _need(sequence is None or _is_number(sequence), "events[].sequence must be a whole number")
        _need(item.get("payload") is not None, "events[].payload is missing")
        items.append(Item(item["id"], sequence, item["payload"]))
    return items


def event_of(event_id, sequence, payload):
    """Raises EventError for what no hub sends."""
    _need(_is_id(event_id), "the id must be letters, digits, _ and -")
    _need(isinstance(payload, dict), "the event must be an object")
    _need(_is_text(payload.get("event")), "event must be a text")
    _need(isinstance(payload.get("data"), dict), "data must be an object")
    _need(_is_number(payload.get("source_version")), "source_version must be a whole number from 1")
    origin = "source" if payload.get("voucher") is None else "voucher"
    source = payload.get(origin)
    _need(isinstance(source, dict), f"{origin} must be an object")
    for name in ("source_system", "source_type", "source_id"):
        _need(_is_scalar(source.get(name)), f"{name} must be a text or a number")
    voucher_id, timestamp = payload.get("voucher_id"), payload.get("timestamp") or ""
    _need(voucher_id is None or _is_number(voucher_id), "voucher_id must be a whole number from 1")
    _need(isinstance(timestamp, str), "timestamp must be a text")
    return Event(id=event_id, sequence=sequence, event=payload["event"], data=payload["data"],
                 source_version=payload["source_version"], timestamp=timestamp, voucher_id=voucher_id,
                 voucher=payload.get("voucher"), source=payload.get("source"))


def _need(holds, reason):
    if not holds:
        raise EventError(f"the body is no event: {reason}")


def _is_id(value):
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_text(value):
    return isinstance(value, str) and value != ""


def _is_scalar(value):
    return _is_text(value) or (
        isinstance(value, (int, decimal.Decimal)) and not isinstance(value, bool))


def _is_number(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
