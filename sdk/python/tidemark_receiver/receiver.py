"""From a request to its events."""

import hashlib
import re
import time

from . import answer, event, signature


class Receiver:
    """Verifies requests and gives their events. Safe to share between threads.

    `secrets`: all that are valid now, during a rotation the new and the old one. `accepted`: without
    old senders, ("standard",) alone is safer."""

    def __init__(self, secrets, *, tolerance_s=signature.TOLERANCE_S,
                 accepted=signature.ALL_STYLES, clock=time.time):
        if not secrets or not all(secrets):
            raise ValueError("a receiver needs secrets that are not empty")
        self.secrets = list(secrets)
        self.tolerance_s = tolerance_s
        self.accepted = accepted
        self.clock = clock
        # How pulled events are named: None, by the hub's id; else by what this text style signs.
        # As the last delivery showed; before the first, as the secrets and styles let expect.
        self._text_style = None if self._can_standard() else (
            "raw" if "raw" in accepted else "sorted-json")

    def receive(self, headers, body):
        """The events of a request: one, or those of a batch. `body` as received, before anything
        parsed it. Raises SignatureError (answer 401) or EventError (answer 400), for a batch also if
        one of its events cannot be read; handle() answers event by event."""
        _, items = self._read(headers, body)
        return [event.event_of(*item) for item in items]

    def handle(self, headers, body, take):
        """The answer to a request. Calls `take(event)` for each of its events, in their order; it
        notes and applies that event in a transaction of its own, and what it raises counts for that
        event alone: RefusalError or EventError, the hub parks it; anything else, the hub sends it
        again. UnavailableError ends the request: all of it comes again. Raises no Exception; what
        went wrong stands in the answer's `failures`, for the log."""
        try:
            batch, items = self._read(headers, body)
        except signature.SignatureError as error:
            return answer.of_one(answer.Result(None, 401, str(error)), [answer.Failure(None, error)])
        except event.EventError as error:
            return answer.of_one(answer.Result(None, 400, str(error)), [answer.Failure(None, error)])
        results, failures = [], []
        for item in items:
            code, message = 0, "success"
            try:
                take(event.event_of(*item))
            except Exception as error:  # pylint: disable=broad-except: it is kept, and answered.
                failures.append(answer.Failure(item.id, error))
                code, message = _code_of(error), _message_of(error)
                if isinstance(error, answer.UnavailableError):
                    return answer.of_one(answer.Result(None, code, message), failures)
            results.append(answer.Result(item.id, code, message))
        return answer.of_batch(results, failures) if batch else answer.of_one(results[0], failures)

    def pulled(self, item):
        """The event of an item of Hub.events_after, with the id that its delivery has: that of the
        hub, or in text style what is made of the body. Which one, the last delivery tells; before
        the first one, Standard Webhooks are expected where a secret has that form, then `raw`."""
        try:
            event_id, body, sequence = item["event_id"], item["body"], item["sequence"]
            payload = event.parse(body)
        except (KeyError, TypeError) as error:
            raise event.EventError(f"the item is no event: {error!r}") from None
        if self._text_style is not None:
            event_id = _name_of(signature.signed_text(body.encode(), self._text_style))
        return event.event_of(event_id, sequence, payload)

    def _read(self, headers, body):
        """Whether it is a batch, and the items of a request."""
        style, signed = signature.verify(headers, body, self.secrets, self.clock(),
                                         tolerance_s=self.tolerance_s, accepted=self.accepted)
        headers = {name.lower(): value for name, value in headers.items()}
        payload = event.parse(body)
        items = event.batch_of(payload)
        # The ids in a batch are signed with it, whatever the style.
        self._text_style = None if style == "standard" or items is not None else style
        if items is not None:
            return True, items
        event_id = headers["webhook-id"] if style == "standard" else _name_of(signed)
        sequence = _number(headers.get("x-tidemark-sequence"))
        return False, [event.Item(event_id, sequence, payload)]

    def _can_standard(self):
        return "standard" in self.accepted and any(
            signature.webhook_key(secret) is not None for secret in self.secrets)


def _code_of(error):
    if isinstance(error, answer.RefusalError):
        return 422
    return 400 if isinstance(error, event.EventError) else 500


def _message_of(error):
    """Other errors may show what is nobody's business: a statement, a host, a person."""
    own = isinstance(error, (answer.RefusalError, event.EventError))
    return str(error) if own else answer.NOT_STORED


def _name_of(signed):
    """The text styles sign no id: what they sign is the id, so that nobody can send it again under
    another name."""
    return "sha256-" + hashlib.sha256(signed).hexdigest()


def _number(text):
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,18}", text) else None
