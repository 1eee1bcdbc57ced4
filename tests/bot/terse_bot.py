"""The bot, with agents that greet in a few words, for tests that are about what comes then.

Run: `python -m tests.bot.terse_bot`, like `python -m services.bot`.
"""

import sys

from services.bot import resources
from services.bot.__main__ import main
from services.bot.agent import Agent, read_agents


def terse(expected: tuple[str, ...] = ()) -> dict[str, Agent]:
    """The agents, each of which says who it is and no more."""
    return {
        key: agent.model_copy(update={"greeting": f"The {agent.name.lower()}."})
        for key, agent in read_agents(expected).items()
    }


if __name__ == "__main__":
    resources.read_agents = terse
    sys.exit(main())
