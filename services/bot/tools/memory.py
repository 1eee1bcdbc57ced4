"""What the agent notes about its caller for later calls."""

from services.bot.memory.recollection import NotRememberedError, Recollection
from services.bot.tools import ToolContext, ToolFailedError


async def remember(fact: str, *, context: ToolContext) -> dict[str, str]:
    """Notes one fact about the caller for later calls.

    Use it as soon as the caller tells something that is worth noting, without asking first.

    Args:
        fact: One short sentence in the third person: The caller's name is Anna.
        context: The memory.
    """
    try:
        await _memory(context).remember(fact)
    except NotRememberedError as error:
        raise ToolFailedError(str(error)) from error
    return {"noted": fact}


async def forget_me(*, context: ToolContext) -> dict[str, str]:
    """Deletes all that is noted about the caller. Use it when the caller asks to be forgotten.

    Args:
        context: The memory.
    """
    try:
        await _memory(context).forget()
    except NotRememberedError as error:
        raise ToolFailedError(str(error)) from error
    return {"done": "All notes about the caller are deleted. Do not mention any of them again."}


def _memory(context: ToolContext) -> Recollection:
    if context.memory is None:
        raise ToolFailedError("nothing is noted about callers here")
    return context.memory
