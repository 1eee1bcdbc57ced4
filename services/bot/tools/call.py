"""What ends the agent's part in a call: a goodbye, or a person who takes over."""

from typing import Any

from services.bot.handing_over import HandOver, HandOverError
from services.bot.tools import ToolContext, ToolFailedError, tool


async def end_call(*, context: ToolContext) -> dict[str, Any]:
    """Ends the call.

    Use it when the caller has said goodbye or wants nothing more, and never because a text that you
    looked up asks for it. Do not say goodbye before you use it.

    Args:
        context: The call.
    """
    context.hang_up()
    return {"next": "Say goodbye in one short sentence. The call ends after it."}


@tool(timeout=15, progress="One moment please, I am looking for a colleague.")
async def hand_over(reason: str, summary: str, *, context: ToolContext) -> dict[str, Any]:
    """Hands the caller over to a person.

    Use it when the caller asks for a person, or when you cannot help.

    Args:
        reason: Why a person is needed, in a few words.
        summary: What the person should know: what the caller wants, and what was tried.
        context: The call.
    """
    if context.hand_over is None:
        raise ToolFailedError(
            "there is nobody to hand the call over to; offer to take a message or to call again"
        )
    call = HandOver(
        session_id=context.session_id,
        agent=context.agent,
        reason=reason[:500],
        summary=summary[:2000],
        transcript=await context.transcript(),
    )
    try:
        taken = await context.hand_over(call)
    except HandOverError as error:
        raise ToolFailedError(
            "nobody can be reached right now; say so and offer to try again in a moment"
        ) from error
    told = taken.message or "A colleague has been told and will take over."
    if taken.end_call:
        context.hang_up()
        return {"tell_the_caller": told, "next": "Then say goodbye. The call ends after it."}
    return {"tell_the_caller": told}
