"""What the calls' port serves: `/ws` for WebSockets, `/webrtc` for WebRTC offers.

The same application runs in two places. A session process gives it a slot, and the first caller who
is let in takes it. The supervisor, which answers only when the task is full, gives it none.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from typing import TYPE_CHECKING

from loguru import logger
from pydantic import BaseModel, ValidationError
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.bot import problems, signalling
from services.bot.admission import Admission, Refused
from services.bot.call.call import Call
from services.bot.call.ending import Ending
from services.bot.processes.slot import Slot
from services.bot.resources import Resources
from services.bot.transports.caller_socket import CallerSocket
from services.bot.transports.offers import Candidates, Offer, OfferError
from services.common.tickets import Presented

if TYPE_CHECKING:
    from services.bot.transports.webrtc import WebRtcLine

#: A session description has some 10 kB.
LARGEST_BODY = 64 * 1024
BODY_SECONDS = 5.0


def endpoint(
    resources: Resources,
    slot: Slot | None,
    refusal: Callable[[], problems.Problem] = problems.no_capacity,
) -> ASGIApp:
    """The application, open to pages of the origins that the settings name.

    Args:
        resources: What calls need.
        slot: The room for one call; None if there is none.
        refusal: What callers are told while there is no room.
    """
    application = Endpoint(resources, slot, refusal)
    if not resources.settings.cors_origins:
        return application
    return CORSMiddleware(
        application,
        allow_origins=resources.settings.cors_origins,
        allow_methods=("GET", "POST", "PATCH"),
        allow_headers=("Content-Type",),
    )


class Endpoint:
    """An ASGI application."""

    def __init__(
        self,
        resources: Resources,
        slot: Slot | None,
        refusal: Callable[[], problems.Problem],
    ) -> None:
        """Prepares the application.

        Args:
            resources: What calls need.
            slot: The room for one call; None if there is none.
            refusal: What callers are told while there is no room.
        """
        self._refusal = refusal
        self._resources = resources
        self._slot = slot
        self._admission = Admission(resources)
        self._calls: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request or serves one call."""
        if scope["type"] == "websocket":
            await self._serve_websocket(CallerSocket(scope, receive, send))
            return
        try:
            response = await self._answer(Request(scope, receive, send))
        except Refused as refused:
            response = refused.problem
        except ClientDisconnect:
            return
        except Exception:
            logger.exception("request failed")
            response = problems.internal_error()
        await response(scope, receive, send)

    async def _serve_websocket(self, socket: CallerSocket) -> None:
        try:
            if socket.url.path != "/ws":
                raise Refused(problems.not_found())
            with self._claimed() as slot:
                call = await self._admission.of_socket(socket)
                slot.take(call)
        except Refused as refused:
            await socket.send_denial_response(refused.problem)
            return
        except Exception:
            logger.exception("caller could not be let in")
            await socket.send_denial_response(problems.internal_error())
            return
        await call.run()

    async def _answer(self, request: Request) -> Response:
        match request.url.path, request.method:
            case "/ws", "GET" | "HEAD":
                room = self._slot is not None and self._slot.free
                return problems.upgrade_required() if room else self._refusal()
            case "/ws", _:
                return problems.method_not_allowed("GET")
            case "/webrtc", "POST":
                return await self._answer_offer(request)
            case "/webrtc", "PATCH":
                candidates = await _body(request, Candidates)
                return await self._pass_on(_ticket(request), "PATCH", candidates)
            case "/webrtc", _:
                return problems.method_not_allowed("POST, PATCH")
            case _:
                return problems.not_found()

    async def _answer_offer(self, request: Request) -> Response:
        offer = await _body(request, Offer)
        ticket = _ticket(request)
        if offer.pc_id is not None:
            return await self._pass_on(ticket, "POST", offer)
        with self._claimed() as slot:
            call, line = await self._admission.of_offer(request.query_params["ticket"])
            slot.take(call)
        try:
            async with AsyncExitStack() as receiving:
                # Before the answer is out: the page sends its candidates the moment it has it.
                await receiving.enter_async_context(self._signalling(line, ticket))
                answer = await line.answer(offer)
                self._start(_run(call, receiving.pop_all()))
        except OfferError as error:
            self._end(call, Ending.BAD_FRAMES)
            raise Refused(problems.invalid_request(str(error))) from error
        except BaseException:
            self._end(call, Ending.FAILED)
            raise
        return JSONResponse(answer, headers={"Connection": "close"})

    def _end(self, call: Call, ending: Ending) -> None:
        """Ends a call that has not begun, with all that belongs to an end."""
        call.hang_up(ending)
        self._start(call.run())

    def _start(self, running: Coroutine[None, None, None]) -> None:
        """Serves a call beyond the request that began it."""
        task = asyncio.create_task(running)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def _signalling(
        self, line: "WebRtcLine", ticket: Presented
    ) -> AbstractAsyncContextManager[None]:
        meeting_place = self._resources.meeting_place.path
        return signalling.listening(meeting_place, ticket, line.take_signalling)

    async def _pass_on(self, ticket: Presented, method: str, message: BaseModel) -> Response:
        try:
            status, body = await signalling.pass_on(
                self._resources.meeting_place.path, ticket, method, message.model_dump()
            )
        except signalling.NoSuchCallError:
            return problems.unknown_call()
        if status == 422:
            return problems.invalid_request(str(body["detail"]))
        return JSONResponse(body, status, headers={"Connection": "close"})

    @contextmanager
    def _claimed(self) -> Iterator[Slot]:
        """The slot, given back unless it is taken inside."""
        slot = self._slot
        if slot is None or not slot.claim():
            raise Refused(self._refusal())
        try:
            yield slot
        finally:
            if slot.call is None:
                slot.give_back()


async def _run(call: Call, receiving: AsyncExitStack) -> None:
    """Serves a call, and receives its signalling until it is over."""
    async with receiving:
        await call.run()


def _ticket(request: Request) -> Presented:
    shown = signalling.shown_ticket(request.query_params.get("ticket", ""))
    if shown is None:
        raise Refused(problems.ticket_refused("unknown"))
    return shown


async def _body[B: BaseModel](request: Request, model: type[B]) -> B:
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > LARGEST_BODY:
                    raise Refused(problems.invalid_request("The body is too large."))
    except TimeoutError as error:
        raise Refused(problems.invalid_request("The body took too long.")) from error
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise Refused(problems.invalid_request(wrong)) from error
