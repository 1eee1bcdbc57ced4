"""What this server is called from outside, for the addresses in its answers."""

import re

from starlette.requests import Request

from services.server.problems import UNREADABLE_REQUEST, ProblemError

_HOST = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def outside_url(request: Request, public_url: str | None) -> str:
    """The address that the caller sees, without a slash at its end.

    Without ``public_url`` it is what the request says: its Host, and the scheme that the load
    balancer saw. A caller who lies about them misleads only itself, since no answer is cached.

    Raises:
        ProblemError: The Host header is missing or could not be a host.
    """
    if public_url is not None:
        return public_url
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        raise ProblemError(UNREADABLE_REQUEST, "The Host header does not name a host.")
    forwarded = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    scheme = forwarded if forwarded in ("http", "https") else request.url.scheme
    return f"{scheme}://{host}"


def web_socket_url(url: str) -> str:
    """``url`` with the WebSocket scheme: ws for http, wss for https."""
    return "ws" + url.removeprefix("http")
