"""The bot, with agents that record, in pieces of a second.

Run: `python -m tests.bot.recording.recorded_bot`, like `python -m services.bot`.
"""

import sys

from services.bot import resources
from services.bot.__main__ import main
from services.bot.agent import Agent, read_agents
from services.bot.recording import recording
from services.bot.recording.description import RecordingWanted

ANNOUNCEMENT = "This call is recorded."


def recorded(expected: tuple[str, ...] = ()) -> dict[str, Agent]:
    """The agents, each with a recording."""
    wanted = {"recording": RecordingWanted(announcement=ANNOUNCEMENT), "greeting": "Hello."}
    return {key: agent.model_copy(update=wanted) for key, agent in read_agents(expected).items()}


if __name__ == "__main__":
    resources.read_agents = recorded
    recording.SEGMENT_SECONDS = 1.0
    sys.exit(main())
