"""Fetches from the hub what did not arrive."""

import json
import urllib.error
import urllib.parse
import urllib.request

ANSWER_BYTES_MAX = 64 * 1024 * 1024


class HubError(Exception):
    """The hub did not answer as it should. Try again later; the cursor has not moved."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token is for this hub alone."""

    def redirect_request(self, *_):
        return None


class Hub:
    """`url` like https://hub.example.com, `token` of the role viewer."""

    def __init__(self, url, token, *, timeout_s=30):
        self.url = url.rstrip("/")
        self.token = token
        self.timeout_s = timeout_s
        self._opener = urllib.request.build_opener(_NoRedirect)

    def events_after(self, subscription_id, after):
        """One page: (items, next_after, has_more), in the order of their sequence numbers; for
        Receiver.pulled. Note next_after with Inbox.filled when the items are applied. Waits up to
        timeout_s. Raises HubError."""
        path = urllib.parse.quote(str(subscription_id), safe="")
        request = urllib.request.Request(
            f"{self.url}/api/v1/subscriptions/{path}/events?after={int(after)}",
            headers={"Authorization": f"Bearer {self.token}", "Accept": "application/json"})
        try:
            with self._opener.open(request, timeout=self.timeout_s) as answer:
                text = answer.read(ANSWER_BYTES_MAX + 1)
        except urllib.error.HTTPError as error:
            raise HubError(f"GET {request.full_url}: {error.code}") from None
        except OSError as error:
            raise HubError(f"GET {request.full_url}: {error}") from None
        if len(text) > ANSWER_BYTES_MAX:
            raise HubError(f"GET {request.full_url}: more than {ANSWER_BYTES_MAX} bytes")
        try:
            page = json.loads(text)
            items, next_after, has_more = page["data"], page["next_after"], page["has_more"]
        except (ValueError, KeyError, TypeError):
            raise HubError(f"GET {request.full_url}: not the answer of a hub") from None
        if not isinstance(items, list) or not isinstance(next_after, int) or (
                next_after < after + (1 if has_more else 0)):
            raise HubError(f"GET {request.full_url}: the page does not go on")
        return items, next_after, has_more
