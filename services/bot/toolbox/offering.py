"""Offers an agent's tools to Nova Sonic, and does what it calls."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from services.bot.toolbox.context import ToolContext
from services.bot.toolbox.tool import Tool

if TYPE_CHECKING:
    from pipecat.services.llm_service import FunctionCallParams

    from services.bot.nova import NovaSonic


def offer(tools: Iterable[Tool], nova: "NovaSonic", context: ToolContext) -> None:
    """Has Nova Sonic call tools.

    Args:
        tools: The agent's.
        nova: The agent's processor.
        context: What the tools may know of the call.
    """
    for tool in tools:
        nova.register_function(
            tool.name,
            _handler(tool, context),
            cancel_on_interruption=tool.options.on_barge_in == "cancel",
        )


def _handler(tool: Tool, context: ToolContext) -> Callable[["FunctionCallParams"], Awaitable[None]]:
    async def handle(params: "FunctionCallParams") -> None:
        await params.result_callback(await tool.call(params.arguments, context))

    return handle
