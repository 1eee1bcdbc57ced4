"""The stand-in's HTTP side."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from local.daily.faults import Fault, Faults, hang
from local.daily.limits import DELETIONS, EVERYTHING, Limit, Window
from local.daily.meetings import Meetings
from local.daily.properties import RoomRequest, TokenClaims
from local.daily.rooms import MOST_LISTED, Rooms, TakenError
from local.daily.tokens import TokenError, read_token

DOMAIN_ID = "30f866c3-9123-452a-8723-ff58322d09c5"
"""The one in Daily's examples."""

ADMIN = "/_admin"


class _Refusal(Exception):  # noqa: N818 - an answer, not a failure
    def __init__(self, status: int, error: str, info: str, **more: object) -> None:
        super().__init__(info)
        self.response = JSONResponse({"error": error, "info": info, **more}, status)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came in, and how it was answered; 0 for one that hung."""

    method: str
    path: str
    status: int


class StandIn:
    """An ASGI application that answers under ``/v1`` for one domain with one key.

    Attributes:
        rooms: The domain's rooms.
        meetings: Who is in them.
        faults: The faults that are still to come.
        asked: Every request, in order.
        ahead_seconds: How far its clock is ahead of ours.
    """

    def __init__(
        self,
        api_key: str,
        *,
        domain_name: str = "voice",
        rooms_at: str | None = None,
        slow_seconds: float = 0.0,
        everything: Limit = EVERYTHING,
        deletions: Limit = DELETIONS,
    ) -> None:
        """Begins without rooms.

        Args:
            api_key: The only key that is good.
            domain_name: The name of the domain.
            rooms_at: The address of this stand-in, for rooms that can be joined here (with
                `local.daily.sdk`); None for rooms at Daily's address, where nobody knows of them.
            slow_seconds: What every answer waits for first.
            everything: How many requests it takes.
            deletions: How many rooms it deletes.
        """
        self.rooms = Rooms(rooms_at or f"https://{domain_name}.daily.co")
        self.meetings = Meetings()
        self.faults = Faults()
        self.asked: list[Asked] = []
        self.ahead_seconds = 0.0
        self._slow_seconds = slow_seconds
        self._api_key = api_key
        self._domain_name = domain_name
        self._everything = Window(everything)
        self._deletions = Window(deletions)
        self._app = Starlette(
            routes=[
                Route("/v1/", self._domain, methods=["GET"]),
                Route("/v1/rooms", self._list, methods=["GET"]),
                Route("/v1/rooms", self._create, methods=["POST"]),
                Route("/v1/rooms/{name}", self._find, methods=["GET"]),
                Route("/v1/rooms/{name}", self._delete, methods=["DELETE"]),
                Route("/v1/meeting-tokens/{token}", self._validate, methods=["GET"]),
                Route(f"{ADMIN}/faults", self._add_fault, methods=["POST"]),
                Route(f"{ADMIN}/clock", self._move_clock, methods=["POST"]),
                Route(f"{ADMIN}/requests", self._tell, methods=["GET"]),
                Route(f"{ADMIN}/present/{{name}}", self._tell_who, methods=["GET"]),
                Route(f"{ADMIN}/health", self._health, methods=["GET"]),
                WebSocketRoute("/{name}", self._meet),
            ],
            exception_handlers={_Refusal: _refuse},
        )

    @property
    def now(self) -> float:
        """Seconds since the epoch, by its clock."""
        return time.time() + self.ahead_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, or has it meet a fault."""
        if scope["type"] != "http" or scope["path"].startswith(ADMIN):
            await self._app(scope, receive, send)
            return
        await asyncio.sleep(self._slow_seconds)
        method, path = scope["method"], scope["path"]
        fault = self.faults.take(method)
        if fault is None:
            await self._serve(scope, receive, send)
            return
        if fault.after:
            await self._serve(scope, receive, _nowhere)
        self.asked.append(Asked(method, path, fault.status or 0))
        if fault.status is None:
            await hang()
        else:
            await _failed(fault)(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Any) -> None:  # noqa: ANN401 - ASGI
            if message["type"] == "http.response.start" and send is not _nowhere:
                self.asked.append(Asked(scope["method"], scope["path"], message["status"]))
            await send(message)

        await self._app(scope, receive, noting)

    def _check(self, request: Request) -> None:
        """Whether the request may be served at all."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise _Refusal(400, "authorization-header-error", "missing or bad authorization header")
        if key != self._api_key:
            raise _Refusal(401, "authentication-error", "the API key is not valid")
        window = self._deletions if request.method == "DELETE" else self._everything
        if not window.admit(time.monotonic()):
            raise _Refusal(429, "rate-limit-error", "too many requests")

    async def _domain(self, request: Request) -> Response:
        self._check(request)
        return JSONResponse(
            {"domain_name": self._domain_name, "domain_id": DOMAIN_ID, "config": {"lang": "en"}}
        )

    async def _list(self, request: Request) -> Response:
        self._check(request)
        asked = request.query_params
        limit = asked.get("limit", str(MOST_LISTED))
        if not limit.isdecimal() or int(limit) < 1:
            raise _invalid("limit should be a number")
        now = self.now
        page = self.rooms.page(now, limit=int(limit), starting_after=asked.get("starting_after"))
        if page is None:
            raise _invalid("starting_after is not a room's id")
        return JSONResponse(
            {
                "total_count": len(self.rooms.living(now)),
                "data": [room.described() for room in page],
            }
        )

    async def _create(self, request: Request) -> Response:
        self._check(request)
        wanted = await _body(request, RoomRequest)
        exp = wanted.properties.exp
        if exp is not None and exp <= self.now:
            raise _invalid("exp is in the past")
        try:
            room = self.rooms.create(wanted, self.now)
        except TakenError:
            raise _invalid(f"a room named {wanted.name} already exists") from None
        return JSONResponse(room.described())

    async def _find(self, request: Request) -> Response:
        self._check(request)
        name = request.path_params["name"]
        room = self.rooms.find(name, self.now)
        if room is None:
            raise _Refusal(404, "not-found", f"room {name} not found")
        return JSONResponse(room.described())

    async def _delete(self, request: Request) -> Response:
        self._check(request)
        name = request.path_params["name"]
        room = self.rooms.delete(name)
        self.meetings.end(name)
        if room is None:
            raise _Refusal(404, "not-found", f"room {name} not found")
        if room.expired(self.now):
            raise _Refusal(404, "not-found", f"room {name} not found", deleted=True)
        return JSONResponse({"deleted": True, "name": name})

    async def _validate(self, request: Request) -> Response:
        self._check(request)
        try:
            claims = self._claims(request.path_params["token"])
        except TokenError as error:
            raise _invalid(str(error)) from None
        told = {
            "room_name": claims.r,
            "is_owner": claims.o,
            "user_id": claims.ud,
            "exp": claims.exp,
            "start_video_off": claims.vo,
            "enable_screenshare": claims.ss,
        }
        return JSONResponse({name: value for name, value in told.items() if value is not None})

    async def _meet(self, socket: WebSocket) -> None:
        room = self.rooms.find(socket.path_params["name"], self.now)
        if room is None:
            await self.meetings.refuse(socket, "no such room")
            return
        try:
            claims = self._claims(socket.query_params.get("t", ""))
        except TokenError as error:
            await self.meetings.refuse(socket, str(error))
            return
        if claims.r not in (None, room.name):
            await self.meetings.refuse(socket, "the token is for another room")
            return
        await self.meetings.let_in(socket, room, claims, lambda: self.now)

    def _claims(self, token: str) -> TokenClaims:
        return read_token(token, key=self._api_key, domain_id=DOMAIN_ID, now=self.now)

    async def _tell_who(self, request: Request) -> Response:
        present = self.meetings.present(request.path_params["name"])
        return JSONResponse([participant.described() for participant in present])

    async def _add_fault(self, request: Request) -> Response:
        self.faults.add(await _body(request, Fault))
        return JSONResponse({"status": "ok"})

    async def _move_clock(self, request: Request) -> Response:
        self.ahead_seconds += float((await request.json())["seconds"])
        return JSONResponse({"now": self.now})

    async def _tell(self, _: Request) -> Response:
        return JSONResponse(
            [{"method": a.method, "path": a.path, "status": a.status} for a in self.asked]
        )

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "service": "daily"})


async def _body[M: BaseModel](request: Request, model: type[M]) -> M:
    raw = await request.body()
    try:
        json.loads(raw or b"{}")
    except ValueError:
        raise _Refusal(400, "json-parsing-error", "the body is not JSON") from None
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        found = error.errors()[0]
        where = ".".join(str(part) for part in found["loc"])
        raise _invalid(f"{where}: {found['msg']}") from None


def _invalid(info: str) -> _Refusal:
    return _Refusal(400, "invalid-request-error", info)


async def _refuse(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, _Refusal)  # noqa: S101 - registered for it alone
    return refusal.response


def _failed(fault: Fault) -> Response:
    errors = {401: "authentication-error", 403: "forbidden-error", 429: "rate-limit-error"}
    status = fault.status or 500
    error = errors.get(status, "server-error" if status >= 500 else "invalid-request-error")
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    return JSONResponse({"error": error, "info": "a fault on order"}, status, headers)


async def _nowhere(_: Any) -> None:  # noqa: ANN401 - ASGI
    """Where an answer goes that gets lost."""
