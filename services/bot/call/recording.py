"""Whether a call may be recorded."""

from collections.abc import Sequence

from services.bot.agent import Agent
from services.bot.call.turn_writer import TurnWriter
from services.bot.recording.recording import Recording
from services.bot.resources import Resources
from services.bot.transports import Line
from services.common.sessions import Session, Turn


async def recording_of(
    agent: Agent,
    session: Session,
    line: Line,
    resources: Resources,
    writer: TurnWriter,
    history: Sequence[Turn],
) -> Recording | None:
    """A recording that waits for its announcement; None where nothing may be recorded.

    Args:
        agent: Who answers, whose file says what is wanted.
        session: The call's session.
        line: The caller's line.
        resources: What every call needs; a bucket among it, or nothing is recorded.
        writer: Writes to the record.
        history: What was said before, when a caller comes back.
    """
    wanted, archiving = agent.recording, resources.archiving
    if wanted is None or not wanted.enabled or archiving is None:
        return None
    recording = Recording(
        wanted,
        session,
        line.front_end,
        calls=archiving.calls,
        archive=archiving.archive,
        keep=writer.keep,
    )
    await recording.go_on(history)
    return recording
