"""What the agent can do about the recording of its call."""

from services.bot.tools import ToolContext, ToolFailedError


async def stop_recording(*, context: ToolContext) -> dict[str, str]:
    """Stops recording this call and deletes what was recorded of it.

    Use it at once, without asking back, when the caller does not want to be recorded.

    Args:
        context: The recording.
    """
    if context.recording is None:
        raise ToolFailedError("this call is not recorded")
    await context.recording.stop()
    return {"done": "This call is not recorded any more, and what was recorded is deleted."}
