"""``POST /connect``: opens a session, or an earlier one again, and says how to reach it."""

from fastapi import APIRouter, Request, Response
from loguru import logger

from services.server.addresses import outside_url, web_socket_url
from services.server.answers import (
    ConnectRequest,
    WebRTCConnection,
    WebRTCRequest,
    WebSocketConnection,
)
from services.server.dependencies import Admitted, Settings, Store
from services.server.problems import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    SESSION_ENDED,
    STORE_UNAVAILABLE,
    TICKET_REFUSED,
    TIMED_OUT,
    TOO_LARGE,
    UNAUTHORIZED,
    UNKNOWN_AGENT,
    UNKNOWN_TRANSPORT,
    UNREADABLE_REQUEST,
    ProblemError,
    documented,
)
from services.server.settings import ServerSettings, ServerTransport

router = APIRouter(tags=["sessions"])


@router.post(
    "/connect",
    dependencies=[Admitted],
    summary="Start a call, or come back to one",
    responses=documented(
        UNREADABLE_REQUEST,
        UNAUTHORIZED,
        TICKET_REFUSED,
        TIMED_OUT,
        SESSION_ENDED,
        TOO_LARGE,
        INVALID_REQUEST,
        UNKNOWN_TRANSPORT,
        UNKNOWN_AGENT,
        INTERNAL_ERROR,
        STORE_UNAVAILABLE,
    ),
)
async def connect(
    wanted: ConnectRequest, request: Request, response: Response, settings: Settings, store: Store
) -> WebSocketConnection | WebRTCConnection:
    """Opens the session; the caller has a minute to connect, with a ticket that is good once."""
    outside = outside_url(request, settings.public_url)
    transport = _transport(wanted, settings)
    if wanted.resume is None:
        opened = await store.open(
            transport=transport,
            agent=_agent(wanted, settings),
            ticket_seconds=settings.ticket_seconds,
        )
    else:
        opened = await store.reopen(
            wanted.resume, transport=transport, ticket_seconds=settings.ticket_seconds
        )
    session_id, bot_id = opened.session.session_id, opened.session.bot_id
    logger.bind(
        session_id=session_id,
        transport=transport,
        agent=opened.session.agent,
        resumed=wanted.resume is not None,
    ).info("session waiting for its caller")
    response.headers["Cache-Control"] = "no-store"
    if transport == "webrtc":
        endpoint = f"{outside}/webrtc?ticket={opened.ticket}"
        return WebRTCConnection(
            session_id=session_id,
            bot_id=bot_id,
            resume=opened.resume,
            webrtc_request=WebRTCRequest(endpoint=endpoint),
        )
    return WebSocketConnection(
        session_id=session_id,
        bot_id=bot_id,
        resume=opened.resume,
        ws_url=f"{web_socket_url(outside)}/ws?ticket={opened.ticket}",
    )


def _transport(wanted: ConnectRequest, settings: ServerSettings) -> ServerTransport:
    for transport in settings.transports:
        if transport == wanted.transport:
            return transport
    offered = " and ".join(settings.transports)
    raise ProblemError(UNKNOWN_TRANSPORT, f"This server offers {offered}.")


def _agent(wanted: ConnectRequest, settings: ServerSettings) -> str:
    if wanted.agent is None:
        return settings.agents[0]
    if wanted.agent not in settings.agents:
        raise ProblemError(UNKNOWN_AGENT, f"This server has {', '.join(settings.agents)}.")
    return wanted.agent
