"""The bot, with a task protection whose minutes pass in a moment.

Run: `python -m tests.bot.processes.hasty_bot`, like `python -m services.bot`.
"""

import sys

from services.bot.__main__ import main
from services.bot.processes import ecs_agent, protection
from services.bot.processes.protection import Pace, Protection
from services.bot.resources import Resources

HASTE = Pace(renewal=0.1, stretch=600.0, retry=0.1, linger=0.2, rest=0.1)


def hasty(resources: Resources) -> Protection:
    """A protection by the same agent at another pace."""
    uri = resources.settings.ecs_agent_uri
    agent = ecs_agent.EcsAgent(uri)
    return Protection(agent, minutes=resources.settings.protection_minutes, pace=HASTE)


if __name__ == "__main__":
    ecs_agent.DEADLINE_SECONDS = 0.3
    ecs_agent.FIRST_PAUSE_SECONDS = 0.01
    protection.protection_of = hasty
    sys.exit(main())
