"""Who is let in: the holder of a ticket, or a program with the API key."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from loguru import logger

from services.bot import problems
from services.bot.agent import Agent
from services.bot.call.call import Call
from services.bot.problems import Problem
from services.bot.resources import Resources
from services.bot.transports.caller_socket import CallerSocket
from services.bot.transports.websocket import WebSocketLine
from services.common.errors import FleetFull, StoreError, TicketRefused
from services.common.sessions import Session, SessionStore, Transport

if TYPE_CHECKING:
    from services.bot.transports.webrtc import WebRtcLine

OWN_TICKET_SECONDS = 30


class Refused(Exception):  # noqa: N818  (it is an answer, not an error)
    """A caller is not let in.

    Attributes:
        problem: What the caller is told.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.status_code)
        self.problem = problem


class Admission:
    """Makes calls of callers who may."""

    def __init__(self, resources: Resources) -> None:
        """Prepares to let callers in.

        Args:
            resources: What calls need.
        """
        self._resources = resources

    async def of_socket(self, socket: CallerSocket) -> Call:
        """Lets a caller on a WebSocket in.

        Raises:
            Refused: The ticket or the key opens nothing, the fleet is full, or the records cannot
                be reached.
        """
        ticket = socket.query_params.get("ticket")
        with _store_errors_refused():
            if ticket is not None:
                session = await self._resources.sessions.take(ticket)
                agent = self._agent(session.agent)
                line = WebSocketLine(socket, subprotocol=None, speaks_rtvi=True, resumable=True)
            else:
                subprotocol = self._checked_key(socket.scope["subprotocols"])
                agent = self._agent(
                    socket.query_params.get("agent", self._resources.settings.agents[0])
                )
                session = await session_without_ticket(self._resources.sessions, agent)
                line = WebSocketLine(
                    socket,
                    subprotocol=subprotocol,
                    speaks_rtvi=False,
                    resumable=False,
                    echoes=socket.query_params.get("echo") != "none",
                )
        return Call(session, agent, line, self._resources)

    async def of_offer(self, ticket: str) -> "tuple[Call, WebRtcLine]":
        """Lets a caller with a WebRTC offer in.

        Raises:
            Refused: The ticket opens nothing, or the records cannot be reached.
        """
        # aiortc and its codecs are larger than all the rest: the container image does without.
        try:
            from services.bot.transports.webrtc import WebRtcLine, peer_connection
        except ImportError as error:
            raise Refused(problems.not_found()) from error

        with _store_errors_refused():
            session = await self._resources.sessions.take(ticket, over="webrtc")
        agent = self._agent(session.agent)
        line = WebRtcLine(peer_connection())
        return Call(session, agent, line, self._resources), line

    def _agent(self, key: str) -> Agent:
        agent = self._resources.agents.get(key)
        if agent is None:
            raise Refused(problems.unknown_agent(key))
        return agent

    def _checked_key(self, offered: list[str]) -> str:
        """The subprotocol to agree on, if the right key is among those offered."""
        key = self._resources.settings.api_key
        right = key is not None and any(
            hmac.compare_digest(word.encode(), key.get_secret_value().encode()) for word in offered
        )
        if not right:
            raise Refused(problems.unauthorized())
        return offered[0]


async def session_without_ticket(
    sessions: SessionStore, agent: Agent, *, over: Transport = "websocket"
) -> Session:
    """A session for a caller who needs no ticket: opened and taken at once, and not to be resumed.

    Raises:
        FleetFull: There are as many calls as there may be.
        StoreError: The records cannot be reached.
    """
    opened = await sessions.open(transport=over, agent=agent.key, ticket_seconds=OWN_TICKET_SECONDS)
    return await sessions.take(opened.ticket, over=over, resumable=False)


@contextmanager
def _store_errors_refused() -> Iterator[None]:
    try:
        yield
    except TicketRefused as refused:
        raise Refused(problems.ticket_refused(refused.reason)) from refused
    except FleetFull as full:
        raise Refused(problems.fleet_full(full.retry_after)) from full
    except StoreError as error:
        logger.bind(code=error.code).error("session records cannot be reached")
        raise Refused(problems.store_unavailable()) from error
