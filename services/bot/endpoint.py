"""What the calls' port serves: `/ws` for WebSockets, `/webrtc` for WebRTC offers.

The same application runs in two places. A session process gives it a slot, and the first caller who
is let in takes it. The supervisor, which answers only when the task is full, gives it none.
"""

import hmac

from loguru import logger
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.bot import problems
from services.bot.agent import Agent
from services.bot.call import Call
from services.bot.problems import Problem
from services.bot.resources import Resources
from services.bot.slot import Slot
from services.bot.transports.caller_socket import CallerSocket
from services.bot.transports.websocket import WebSocketLine
from services.common.errors import StoreError, TicketRefused
from services.common.sessions import Session

#: The subprotocol that a program may offer before its key, to have it echoed instead of the key.
SUBPROTOCOL = "voice-agent.v1"
#: A program with the API key needs no ticket; its session is opened and taken at once.
OWN_TICKET_SECONDS = 30


class Refused(Exception):  # noqa: N818  (it is an answer, not an error)
    """A caller is not let in."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.status_code)
        self.problem = problem


class Endpoint:
    """An ASGI application."""

    def __init__(self, resources: Resources, slot: Slot | None) -> None:
        """Prepares the application.

        Args:
            resources: What calls need.
            slot: The room for one call; None if there is none.
        """
        self._resources = resources
        self._slot = slot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request or serves one call."""
        if scope["type"] == "websocket":
            await self._answer_call(CallerSocket(scope, receive, send))
            return
        response = await self._answer(Request(scope, receive, send))
        await response(scope, receive, send)

    async def _answer_call(self, socket: CallerSocket) -> None:
        slot = self._slot
        try:
            if socket.url.path != "/ws":
                raise Refused(problems.not_found())
            if slot is None or not slot.claim():
                raise Refused(problems.no_capacity())
            try:
                call = await self._let_in(socket)
            except BaseException:
                slot.give_back()
                raise
        except Refused as refused:
            await socket.send_denial_response(refused.problem)
            return
        slot.take(call)
        await call.run()

    async def _let_in(self, socket: CallerSocket) -> Call:
        ticket = socket.query_params.get("ticket")
        try:
            if ticket is not None:
                session = await self._resources.sessions.take(ticket)
                agent = self._agent(session.agent)
                line = WebSocketLine(socket, subprotocol=None, speaks_rtvi=True)
            else:
                subprotocol = self._checked_key(socket)
                agent = self._agent(socket.query_params.get("agent", self._default_agent))
                session = await self._open_session(agent)
                line = WebSocketLine(socket, subprotocol=subprotocol, speaks_rtvi=False)
        except TicketRefused as refused:
            raise Refused(problems.ticket_refused(refused.reason)) from refused
        except StoreError as error:
            logger.bind(code=error.code).error("session records cannot be reached")
            raise Refused(problems.store_unavailable()) from error
        return Call(session, agent, line, self._resources)

    @property
    def _default_agent(self) -> str:
        return self._resources.settings.agents[0]

    def _agent(self, key: str) -> Agent:
        agent = self._resources.agents.get(key)
        if agent is None:
            raise Refused(problems.unknown_agent(key))
        return agent

    def _checked_key(self, socket: CallerSocket) -> str:
        """The subprotocol to agree on, if the right key is among those offered."""
        offered: list[str] = socket.scope["subprotocols"]
        key = self._resources.settings.api_key
        right = key is not None and any(
            hmac.compare_digest(word.encode(), key.get_secret_value().encode()) for word in offered
        )
        if not right:
            raise Refused(problems.unauthorized())
        return offered[0]

    async def _open_session(self, agent: Agent) -> Session:
        opened = await self._resources.sessions.open(
            transport="websocket", agent=agent.key, ticket_seconds=OWN_TICKET_SECONDS
        )
        return await self._resources.sessions.take(opened.ticket)

    async def _answer(self, request: Request) -> Response:
        match request.url.path, request.method:
            case "/ws", "GET" | "HEAD":
                room = self._slot is not None and self._slot.free
                return problems.upgrade_required() if room else problems.no_capacity()
            case "/ws", _:
                return problems.method_not_allowed("GET")
            case _:
                return problems.not_found()
