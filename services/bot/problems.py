"""RFC 9457 problem details, the form of every refusal."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

#: What a client that found no room is told to wait: about the time of a fork and a goodbye.
RETRY_AFTER_SECONDS = 5
#: An overload ends after some good seconds at the soonest.
OVERLOAD_RETRY_SECONDS = 10


class Problem(JSONResponse):
    """A refusal that a person can act on; the connection ends with it."""

    media_type = "application/problem+json"

    def __init__(
        self,
        status: int,
        slug: str,
        title: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(
            {"type": f"/problems/{slug}", "title": title, "status": status, "detail": detail},
            status,
            {"Connection": "close", "Cache-Control": "no-store", **(headers or {})},
        )


def no_capacity() -> Problem:
    """Every session that this task may hold is taken."""
    return Problem(
        503,
        "no-capacity",
        "All agents are busy",
        "Every agent is in a call. Try again in a few seconds.",
        {"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def overloaded() -> Problem:
    """There are places, but the processor has no time for another call."""
    return Problem(
        503,
        "overloaded",
        "All agents are busy",
        "This task has more to do than it can do in time. Try again in a few seconds.",
        {"Retry-After": str(OVERLOAD_RETRY_SECONDS)},
    )


def fleet_full(retry_after: int) -> Problem:
    """The whole fleet holds as many calls as it may."""
    return Problem(
        503,
        "fleet-full",
        "All agents are busy",
        "As many calls are going on as there may be. Try again when Retry-After says.",
        {"Retry-After": str(retry_after)},
    )


def unauthorized() -> Problem:
    """Neither a ticket nor the right key."""
    return Problem(
        401,
        "unauthorized",
        "No access",
        "Connect with ?ticket= from POST /connect, or offer the API key as WebSocket subprotocol.",
        {"WWW-Authenticate": "Bearer"},
    )


def ticket_refused(reason: str) -> Problem:
    """The ticket is unknown, used or expired."""
    return Problem(
        403,
        "ticket-refused",
        "Ticket refused",
        f"The ticket is {reason}. A ticket opens one call, once: ask POST /connect for a new one.",
    )


def upgrade_required() -> Problem:
    """A plain request where only a WebSocket is served: there is room, but not like this."""
    return Problem(
        426,
        "upgrade-required",
        "WebSocket only",
        "Open a WebSocket here. That this answer is not a 503 tells that an agent is free.",
        {"Upgrade": "websocket"},
    )


def unknown_agent(name: str) -> Problem:
    """There is no such agent."""
    return Problem(404, "unknown-agent", "No such agent", f"There is no agent named {name!r:.60}.")


def unknown_call() -> Problem:
    """A WebRTC message for a call that is over or was never there."""
    return Problem(
        404, "unknown-call", "No such call", "The call is over. Ask POST /connect for a new one."
    )


def invalid_request(detail: str) -> Problem:
    """The body is not what this path takes."""
    return Problem(422, "invalid-request", "Invalid request", detail)


def not_found() -> Problem:
    """No such path."""
    return Problem(404, "not-found", "Nothing here", "Calls come in on /ws and /webrtc.")


def method_not_allowed(allowed: str) -> Problem:
    """The path exists, the method does not."""
    return Problem(
        405, "method-not-allowed", "Wrong method", f"Use {allowed} here.", {"Allow": allowed}
    )


def store_unavailable() -> Problem:
    """The session records cannot be reached."""
    return Problem(
        503,
        "store-unavailable",
        "Cannot look up sessions",
        "The session records cannot be reached. Try again in a few seconds.",
        {"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def internal_error() -> Problem:
    """Our fault."""
    return Problem(500, "internal-error", "Internal error", "Something went wrong here.")
