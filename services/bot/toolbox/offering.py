"""Offers an agent's tools to Nova Sonic, and does what it calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loguru import logger

from services.bot.toolbox.context import ToolContext
from services.bot.toolbox.tool import Tool

if TYPE_CHECKING:
    from pipecat.services.llm_service import FunctionCallParams

    from services.bot.nova import NovaSonic

#: A model may be made to call tools on and on, by what it reads or by its own mistake.
MOST_CALLS_A_TURN = 12

#: How often somebody who waits to say that it takes a while looks whether others still speak.
_LOOK_SECONDS = 0.2

#: Amazon Nova 2 user guide, "Cross-modal input": text guides the model while a tool runs.
_SAY = (
    '{tool} is still running and the caller waits. Say to the caller: "{words}" Say nothing else.'
)


def offer(tools: Iterable[Tool], nova: "NovaSonic", context: ToolContext) -> None:
    """Has Nova Sonic call tools.

    Args:
        tools: The agent's.
        nova: The agent's processor.
        context: What the tools may know of the call.
    """
    context.consent.listen(lambda: nova.caller_said)
    turn = _Turn(nova)
    for tool in tools:
        nova.register_function(
            tool.name,
            _handler(tool, nova, context, turn),
            cancel_on_interruption=tool.options.on_barge_in == "cancel",
        )


@dataclass(slots=True)
class _Turn:
    """How many tools were called since the caller last said something."""

    nova: "NovaSonic"
    said: int = -1
    calls: int = 0

    def has_enough(self) -> bool:
        """Counts one more call, and tells whether it is one too many."""
        said = len(self.nova.caller_said)
        self.calls = 1 if said != self.said else self.calls + 1
        self.said = said
        return self.calls > MOST_CALLS_A_TURN


def _handler(
    tool: Tool, nova: "NovaSonic", context: ToolContext, turn: _Turn
) -> Callable[["FunctionCallParams"], Awaitable[None]]:
    async def handle(params: "FunctionCallParams") -> None:
        if turn.has_enough():
            logger.bind(tool=tool.name, calls=turn.calls).warning("model calls tools in a loop")
            await params.result_callback({"error": "too many tools were used; ask the caller"})
            return
        async with _progress(tool, nova):
            result = await tool.call(params.arguments, context)
        await params.result_callback(result)

    return handle


@asynccontextmanager
async def _progress(tool: Tool, nova: "NovaSonic") -> AsyncIterator[None]:
    """Has the agent tell a caller who waits that it takes a while, once."""
    words = tool.options.progress
    if words is None:
        yield
        return

    async def tell() -> None:
        await asyncio.sleep(tool.options.progress_after)
        while not nova.nobody_speaks:  # noqa: ASYNC110 - who speaks is told by frames, not events
            await asyncio.sleep(_LOOK_SECONDS)
        logger.bind(tool=tool.name).info("tool takes a while")
        await nova.ask(_SAY.format(tool=tool.name, words=words))

    telling = asyncio.create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
