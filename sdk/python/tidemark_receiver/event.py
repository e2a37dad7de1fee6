"""What a delivery says."""

import dataclasses
import decimal
import json
import typing


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


def event_of(event_id, sequence, payload):
    """Raises EventError if something is missing."""
    try:
        return Event(id=event_id, sequence=sequence, event=payload["event"], data=payload["data"],
                     source_version=payload["source_version"], timestamp=payload["timestamp"],
                     voucher_id=payload.get("voucher_id"), voucher=payload.get("voucher"),
                     source=payload.get("source"))
    except (KeyError, TypeError, AttributeError) as error:
        raise EventError(f"the body is no event: {error!r}") from None
