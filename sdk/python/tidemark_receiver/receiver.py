"""From a request to its events."""

import hashlib
import re
import time

from . import event, signature


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
        # Which of the two text styles the hub signs in: as the last delivery showed.
        self._text_style = "raw" if "raw" in accepted else "sorted-json"

    def receive(self, headers, body):
        """The events of a request: one, or those of a batch. `body` as received, before anything
        parsed it. Raises SignatureError (answer 401) or EventError (answer 400)."""
        style, signed = signature.verify(headers, body, self.secrets, self.clock(),
                                         tolerance_s=self.tolerance_s, accepted=self.accepted)
        headers = {name.lower(): value for name, value in headers.items()}
        payload = event.parse(body)
        if isinstance(payload, dict) and isinstance(payload.get("events"), list):
            return [self._of_batch(item) for item in payload["events"]]
        if style == "standard":
            event_id = headers["webhook-id"]
        else:
            self._text_style = style
            event_id = _name_of(signed)
        return [event.event_of(event_id, _number(headers.get("x-tidemark-sequence")), payload)]

    def pulled(self, item):
        """The event of an item of Hub.events_after, with the id that its delivery has. Where both
        text styles are accepted, the last delivery tells which one the hub signs in; before the
        first one, `raw`."""
        try:
            event_id, body, sequence = item["event_id"], item["body"], item["sequence"]
        except (KeyError, TypeError) as error:
            raise event.EventError(f"the item is no event: {error!r}") from None
        payload = event.parse(body)
        if not self._can_standard():
            event_id = _name_of(signature.signed_text(body.encode(), self._text_style))
        return event.event_of(event_id, sequence, payload)

    def _can_standard(self):
        return "standard" in self.accepted and any(
            signature.webhook_key(secret) is not None for secret in self.secrets)

    @staticmethod
    def _of_batch(item):
        try:
            return event.event_of(item["id"], item["sequence"], item["payload"])
        except (KeyError, TypeError) as error:
            raise event.EventError(f"the batch is damaged: {error!r}") from None


def _name_of(signed):
    """The text styles sign no id: what they sign is the id, so that nobody can send it again under
    another name."""
    return "sha256-" + hashlib.sha256(signed).hexdigest()


def _number(text):
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,18}", text) else None
