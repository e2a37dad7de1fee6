"""Receives deliveries of a Tidemark hub. No dependencies. See README.md.

    Receiver   verifies a request, gives its events, answers for each of them
    Inbox      recognises repeats, old versions and gaps, in the transaction of the caller
    Hub        fetches what is missing
"""

from .answer import Answer, Failure, RefusalError, UnavailableError
from .event import Event, EventError
from .hub import Hub, HubError
from .inbox import Inbox
from .receiver import Receiver
from .signature import ALL_STYLES, SignatureError, verify

__all__ = ["ALL_STYLES", "Answer", "Event", "EventError", "Failure", "Hub", "HubError", "Inbox",
           "Receiver", "RefusalError", "SignatureError", "UnavailableError", "verify"]
