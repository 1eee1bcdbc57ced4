"""Every refusal in one form: RFC 9457 problem details.

``type`` is stable and made for programs, ``detail`` is a sentence for the person in front of the
page. Neither repeats what was sent, so nothing secret comes back and nothing needs escaping.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from loguru import logger
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from services.common.errors import (
    DailyError,
    DailyRefused,
    DailyUnavailable,
    FleetFull,
    QueueError,
    SessionEnded,
    StoreError,
    TicketRefused,
)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
_MOST_ERRORS = 8
_LONGEST_NAME = 64
_REFERENCE = "#/components/schemas/{model}"


class InvalidPart(BaseModel):
    """One thing that is wrong with a request."""

    model_config = ConfigDict(frozen=True)

    pointer: str = Field(description="JSON Pointer into the body", examples=["/transport"])
    detail: str = Field(examples=["Field required"])


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="What happened, stable", examples=["/problems/unknown-transport"])
    title: str = Field(examples=["Unknown transport"])
    status: int = Field(ge=400, le=599, examples=[422])
    detail: str = Field(description="What to do about it, for a person")
    errors: tuple[InvalidPart, ...] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; ``detail`` is its usual sentence."""

    status: int
    slug: str
    title: str
    detail: str

    def problem(
        self, detail: str | None = None, errors: tuple[InvalidPart, ...] | None = None
    ) -> Problem:
        """A problem of this kind."""
        return Problem(
            type=f"/problems/{self.slug}",
            title=self.title,
            status=self.status,
            detail=detail or self.detail,
            errors=errors,
        )


INVALID_REQUEST = Kind(
    422, "invalid-request", "Invalid request", "The request has a fault: transport: field required."
)
UNREADABLE_REQUEST = Kind(
    400, "invalid-request", "Invalid request", "The request could not be read."
)
UNKNOWN_TRANSPORT = Kind(
    422, "unknown-transport", "Unknown transport", "This server offers websocket and webrtc."
)
UNKNOWN_AGENT = Kind(422, "unknown-agent", "Unknown agent", "This server has order-desk.")
UNAUTHORIZED = Kind(
    401,
    "unauthorized",
    "No access",
    "Send the access key, or the ID token where callers log in, in the header: Authorization: "
    "Bearer followed by it.",
)
TICKET_REFUSED = Kind(
    403,
    "ticket-refused",
    "Cannot come back",
    "This resume token opens no call, or was used already. Start a new call.",
)
SESSION_ENDED = Kind(409, "session-ended", "Call is over", "This call is over. Start a new one.")
UNKNOWN_BOT = Kind(
    404, "unknown-bot", "Unknown bot", "There is no such bot, or its record has been deleted."
)
NOT_FOUND = Kind(404, "not-found", "Not found", "Nothing is here.")
METHOD_NOT_ALLOWED = Kind(
    405, "method-not-allowed", "Method not allowed", "This address takes another method."
)
TIMED_OUT = Kind(408, "request-timeout", "Too slow", "The request did not arrive in time.")
TOO_LARGE = Kind(413, "too-large", "Too large", "The request is larger than 16 KiB.")
FLEET_FULL = Kind(
    503,
    "fleet-full",
    "All agents are busy",
    "As many calls are going on as there may be. Try again when Retry-After says.",
)
STORE_UNAVAILABLE = Kind(
    503,
    "store-unavailable",
    "Try again",
    "The session records cannot be reached at the moment. Try again in a few seconds.",
)
ISSUER_UNAVAILABLE = Kind(
    503,
    "issuer-unavailable",
    "Try again",
    "It cannot be checked at the moment who you are. Try again in a few seconds.",
)
QUEUE_UNAVAILABLE = Kind(
    503,
    "queue-unavailable",
    "Try again",
    "No agent can be called at the moment. Try again in a few seconds.",
)
DAILY_UNAVAILABLE = Kind(
    502,
    "daily-unavailable",
    "Daily has trouble",
    "Daily, which would carry this call, has trouble at the moment. Try again in a few seconds.",
)
DAILY_TIMED_OUT = Kind(
    504,
    "daily-timeout",
    "Daily does not answer",
    "Daily, which would carry this call, does not answer. Try again in a few seconds.",
)
DAILY_REFUSED = Kind(
    502,
    "daily-refused",
    "No calls over Daily",
    "Calls over Daily are not possible here until whoever runs this service has looked into it.",
)
INTERNAL_ERROR = Kind(
    500, "internal-error", "Internal error", "This is our fault. It has been logged."
)

_HTTP_KINDS = {
    kind.status: kind for kind in (UNREADABLE_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_LARGE)
}


class ProblemError(HTTPException):
    """Refuses a request with a problem."""

    def __init__(
        self,
        kind: Kind,
        detail: str | None = None,
        *,
        errors: tuple[InvalidPart, ...] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Of this ``kind``, with a sentence of its own where ``detail`` is given."""
        self.problem = kind.problem(detail, errors)
        super().__init__(kind.status, self.problem.detail, headers)

    def response(self) -> Response:
        """As it goes out."""
        return Response(
            self.problem.model_dump_json(exclude_none=True),
            self.status_code,
            {"Cache-Control": "no-store", **(self.headers or {})},
            MEDIA_TYPE,
        )


def answer_with_problems(app: FastAPI) -> None:
    """Lets ``app`` answer every error as a problem."""

    async def answer(_: Request, error: Exception) -> Response:
        return meaning(error).response()

    for kind in (
        HTTPException,
        RequestValidationError,
        StoreError,
        QueueError,
        DailyError,
        FleetFull,
        TicketRefused,
        SessionEnded,
    ):
        app.add_exception_handler(kind, answer)


def meaning(error: Exception) -> ProblemError:
    """What to tell the other side about ``error``."""
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException(status_code=status) if status in _HTTP_KINDS:
            return ProblemError(_HTTP_KINDS[status], headers=error.headers)
        case TicketRefused():
            return ProblemError(TICKET_REFUSED)
        case SessionEnded():
            return ProblemError(SESSION_ENDED)
        case FleetFull(retry_after=seconds):
            logger.bind(retry_after=seconds).info("fleet is full")
            return ProblemError(FLEET_FULL, headers={"Retry-After": str(seconds)})
        case DailyUnavailable(code=code, retry_after=seconds):
            logger.bind(code=code).warning("daily unavailable")
            kind = DAILY_TIMED_OUT if code == "timeout" else DAILY_UNAVAILABLE
            return ProblemError(kind, headers=_retry_after(seconds))
        case DailyRefused(code=code):
            logger.bind(code=code).error("daily refuses: look at DAILY_API_KEY and DAILY_GEO")
            return ProblemError(DAILY_REFUSED)
        case StoreError(retryable=True):
            logger.bind(code=error.code).warning("session store unavailable")
            return ProblemError(STORE_UNAVAILABLE, headers=_retry_after())
        case QueueError():
            level = "WARNING" if error.retryable else "ERROR"
            logger.bind(code=error.code).log(level, "job could not be sent")
            return ProblemError(QUEUE_UNAVAILABLE, headers=_retry_after())
        case _:
            logger.opt(exception=error).error("request failed")
            return ProblemError(INTERNAL_ERROR)


def _retry_after(seconds: float | None = None) -> dict[str, str]:
    return {"Retry-After": str(math.ceil(max(seconds or 0, RETRY_AFTER_SECONDS)))}


def documented(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route that may refuse in these ways, for OpenAPI."""
    found: dict[int | str, dict[str, Any]] = {"default": _response("Any other refusal")}
    for kind in kinds:
        response = found.setdefault(kind.status, _response(kind.title))
        example = kind.problem().model_dump(exclude_none=True)
        response["content"][MEDIA_TYPE].setdefault("examples", {})[kind.slug] = {"value": example}
    return found


def problem_schemas() -> dict[str, Any]:
    """The schemas that `documented` refers to."""
    _, schemas = models_json_schema([(Problem, "serialization")], ref_template=_REFERENCE)
    return dict(schemas["$defs"])


def _response(description: str) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(model=Problem.__name__)}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def _invalid(error: RequestValidationError) -> ProblemError:
    found = error.errors()[:_MOST_ERRORS]
    parts = tuple(InvalidPart(pointer=_pointer(one), detail=str(one["msg"])) for one in found)
    sentence = "; ".join(f"{part.pointer or 'body'}: {part.detail}" for part in parts)
    return ProblemError(INVALID_REQUEST, f"The request has a fault: {sentence}.", errors=parts)


def _pointer(found: Mapping[str, Any]) -> str:
    if found["type"] == "json_invalid":
        return ""
    names = (str(name)[:_LONGEST_NAME] for name in found["loc"][1:])
    pointer = "".join(f"/{name.replace('~', '~0').replace('/', '~1')}" for name in names)
    return pointer.encode(errors="replace").decode()
