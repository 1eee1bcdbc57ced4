"""``GET /status/{bot_id}`` and ``GET /health``."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.server.answers import BotStatus, Health
from services.server.dependencies import Store
from services.server.problems import (
    INTERNAL_ERROR,
    STORE_UNAVAILABLE,
    UNKNOWN_BOT,
    ProblemError,
    documented,
)

router = APIRouter()


@router.get(
    "/status/{bot_id}",
    tags=["sessions"],
    summary="How a call stands",
    responses=documented(UNKNOWN_BOT, INTERNAL_ERROR, STORE_UNAVAILABLE),
)
async def status(
    bot_id: Annotated[str, Path(description="As POST /connect gave it")],
    response: Response,
    store: Store,
) -> BotStatus:
    """Answers from the session record, so that every replica knows every bot.

    It asks for no key: a bot id has 128 random bits and only its caller was told it.
    """
    session = await store.find_bot(bot_id)
    if session is None:
        raise ProblemError(UNKNOWN_BOT)
    response.headers["Cache-Control"] = "no-store"
    return BotStatus.model_validate(session, from_attributes=True)


@router.get("/health", tags=["operation"], summary="Whether this process answers")
async def health() -> Health:
    """For the load balancer. It asks nobody else: a slow table must not end healthy tasks."""
    return Health()
