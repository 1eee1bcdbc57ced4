"""JSON over HTTPS from outside AWS: a resolver, an image's configuration, Daily."""

import json
import urllib.error
import urllib.request
from typing import Any

SECONDS = 8
_LARGEST_ANSWER = 1_000_000


class WebError(Exception):
    """No usable answer.

    Attributes:
        status: The HTTP status, if there was one.
    """

    def __init__(self, reason: str, status: int | None = None) -> None:
        """Keeps a reason that repeats nothing that was sent."""
        super().__init__(reason)
        self.status = status


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a header that was sent would go along, to wherever it leads."""

    def redirect_request(self, *_: object) -> None:
        """Leaves the answer as it is, which is an error."""


_opener = urllib.request.build_opener(_StayHere)


def get_json(url: str, *, headers: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
    """What ``url`` answers.

    Raises:
        WebError: It does not, in time or in JSON.
    """
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise WebError("only https is asked")
    request = urllib.request.Request(url, headers=headers or {})  # noqa: S310 - checked above
    try:
        with _opener.open(request, timeout=SECONDS) as answer:
            return json.loads(answer.read(_LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        raise WebError(f"HTTP status {error.code}", error.code) from None
    except (OSError, ValueError) as error:
        raise WebError(type(error).__name__) from None
