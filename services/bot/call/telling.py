"""What the caller's side is told besides sound: how the call does, and what is said in it."""

import asyncio
from typing import Any

from loguru import logger

from services.bot.call.ending import Ending
from services.bot.call.turn_writer import Role
from services.bot.transports import Line
from services.bot.transports.json_protocol import transcript

TELL_SECONDS = 1.0


class Telling:
    """Tells a caller's page, or program. Nothing here fails: a call goes on unseen."""

    def __init__(self, line: Line) -> None:
        """Says nothing yet.

        Args:
            line: The caller's line.
        """
        self._line = line

    async def state(self, state: str) -> None:
        """Pages show whether the agent can be spoken to."""
        await self._tell_page({"type": "agent-state", "state": state})

    async def ending(self, ending: Ending) -> None:
        """Pages show why a call is over; the line says goodbye with it."""
        self._line.say_goodbye_with(ending)
        await self._tell_page({"type": "ended", "reason": ending.reason})

    async def heard(self, role: Role, text: str, final: bool) -> None:
        """Programs on the JSON protocol read along; pages get this from RTVI itself."""
        if not self._line.speaks_rtvi:
            await self._tell(transcript(role, text, final=final))

    async def _tell_page(self, message: dict[str, Any]) -> None:
        """Tells what the JSON protocol has no events for."""
        if self._line.speaks_rtvi:
            await self._tell(message)

    async def _tell(self, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await self._line.tell(message)
        except Exception as error:
            logger.bind(error=type(error).__name__).debug("caller could not be told")
