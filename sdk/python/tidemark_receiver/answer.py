"""What a receiver says to a request, and how `take` says what became of an event."""

import dataclasses
import json
import re
import typing

#: The hub reads 64 KiB of an answer, and a batch has up to 100 events. One that is cut off says
#: nothing about any event, and all of them would come again.
MESSAGE_CHARACTERS_MAX = 120
NOT_STORED = "the event could not be stored"
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")  # Control characters, half pairs.


class RefusalError(Exception):
    """Raise it in `take`: this event will never be taken. The hub parks it (422) and shows the words
    (the first 120 characters) to a person; the other events of a batch are not touched."""


class UnavailableError(Exception):
    """Raise it in `take`: nothing can be taken now, for instance because the database is away. No
    further event is tried; the hub sends all of them again, and slows down when this goes on."""


@dataclasses.dataclass(frozen=True)
class Failure:
    """What did not succeed, for the receiver's log."""

    id: typing.Optional[str]             #: None: the request as a whole.
    error: Exception


@dataclasses.dataclass(frozen=True)
class Answer:
    """Send it as it stands, as application/json."""

    status: int                          #: Of HTTP.
    body: bytes
    failures: typing.Sequence[Failure]   #: For the log; the hub does not see the errors of `take`.


@dataclasses.dataclass(frozen=True)
class Result:
    """What is said of one event."""

    id: typing.Optional[str]
    code: int = 0                        #: 0, or the HTTP status that it would get alone.
    message: str = "success"


def of_one(result, failures=()):
    """{"code","message"}, with the status of the same meaning."""
    return Answer(result.code or 200, _body(_said(result)), tuple(failures))


def of_batch(results, failures):
    """{"code","message","results":[{"id","code","message"}]}: docs/wire/schema/batch-answer.json."""
    listed = [{"id": result.id, **_said(result)} for result in results]
    return Answer(200, _body({"code": 0, "message": "success", "results": listed}),
                  tuple(failures))


def _said(result):
    return {"code": result.code,
            "message": _UNSPEAKABLE.sub(" ", result.message[:MESSAGE_CHARACTERS_MAX])}


def _body(document):
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
