"""``POST /connect``: opens a session, or an earlier one again, and says how to reach it."""

from typing import TypedDict

from fastapi import APIRouter, BackgroundTasks, Request, Response
from loguru import logger

from services.common.errors import StoreError
from services.common.sessions import Opened, SessionStore
from services.server.addresses import outside_url, web_socket_url
from services.server.answers import (
    ConnectRequest,
    DailyConnection,
    WebRTCConnection,
    WebRTCRequest,
    WebSocketConnection,
)
from services.server.daily_calls import DailyCalls
from services.server.dependencies import Caller, Daily, Settings, Store
from services.server.problems import (
    DAILY_REFUSED,
    DAILY_TIMED_OUT,
    DAILY_UNAVAILABLE,
    FLEET_FULL,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    ISSUER_UNAVAILABLE,
    QUEUE_UNAVAILABLE,
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
        DAILY_REFUSED,
        DAILY_UNAVAILABLE,
        FLEET_FULL,
        STORE_UNAVAILABLE,
        ISSUER_UNAVAILABLE,
        QUEUE_UNAVAILABLE,
        DAILY_TIMED_OUT,
    ),
)
async def connect(
    wanted: ConnectRequest,
    request: Request,
    response: Response,
    afterwards: BackgroundTasks,
    settings: Settings,
    store: Store,
    daily: Daily,
    caller: Caller,
) -> WebSocketConnection | WebRTCConnection | DailyConnection:
    """Opens the session; the caller has a minute to connect, with a ticket that is good once.

    Over Daily the ticket is a meeting token, and an agent is called into the same room.
    """
    outside = outside_url(request, settings.public_url)
    transport = _transport(wanted, settings)
    response.headers["Cache-Control"] = "no-store"
    afterwards.add_task(_sweep, store)
    if transport == "daily":
        return await _over_daily(wanted, settings, daily, caller)
    if wanted.resume is None:
        opened = await store.open(
            transport=transport,
            agent=_agent(wanted, settings),
            caller=caller,
            ticket_seconds=settings.ticket_seconds,
        )
    else:
        opened = await store.reopen(
            wanted.resume, transport=transport, ticket_seconds=settings.ticket_seconds
        )
    known = _known(opened, wanted)
    if transport == "webrtc":
        endpoint = f"{outside}/webrtc?ticket={opened.ticket}"
        return WebRTCConnection(**known, webrtc_request=WebRTCRequest(endpoint=endpoint))
    ws_url = f"{web_socket_url(outside)}/ws?ticket={opened.ticket}"
    return WebSocketConnection(**known, ws_url=ws_url)


async def _over_daily(
    wanted: ConnectRequest, settings: ServerSettings, daily: DailyCalls, caller: str | None
) -> DailyConnection:
    if wanted.resume is None:
        opened, room, token = await daily.open(_agent(wanted, settings), caller)
    else:
        opened, room, token = await daily.reopen(wanted.resume)
    return DailyConnection(**_known(opened, wanted), room_url=room.url, token=token)


class _Known(TypedDict):
    session_id: str
    bot_id: str
    resume: str


def _known(opened: Opened, wanted: ConnectRequest) -> _Known:
    """What every caller gets; and the log's line for one more session that waits."""
    session = opened.session
    logger.bind(
        session_id=session.session_id,
        transport=session.transport,
        agent=session.agent,
        resumed=wanted.resume is not None,
    ).info("session waiting for its caller")
    return {
        "session_id": session.session_id,
        "bot_id": session.bot_id,
        "resume": opened.resume,
    }


async def _sweep(store: SessionStore) -> None:
    try:
        await store.sweep()
    except StoreError as error:
        logger.bind(code=error.code).warning("places could not be swept")


def _transport(wanted: ConnectRequest, settings: ServerSettings) -> ServerTransport:
    for transport in settings.transports:
        if transport == wanted.transport:
            return transport
    offered = " and ".join(settings.transports)
    raise ProblemError(UNKNOWN_TRANSPORT, f"This server offers {offered}.")


def _agent(wanted: ConnectRequest, settings: ServerSettings) -> str:
    if wanted.agent is None:
        return settings.agents[0]
    known = settings.agent_names()
    if wanted.agent not in known:
        raise ProblemError(UNKNOWN_AGENT, f"This server has {', '.join(known)}.")
    return wanted.agent
