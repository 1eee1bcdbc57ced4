"""What a deployment has to know of the agents that it offers, from their files."""

import tomllib
from pathlib import Path

from cdk.config.errors import WrongKeyError

FOLDER = Path(__file__).parents[2] / "services" / "bot" / "agents"

LONGEST_CALL_SECONDS = 1800
"""Where an agent's file does not say: ``services.bot.agent.Agent``."""


def check_agents(
    names: tuple[str, ...], *, longest_call_seconds: int, folder: Path = FOLDER
) -> None:
    """Checks that every agent exists and that none talks longer than a task can wait.

    Raises:
        WrongKeyError: One of them does not, or may.
    """
    known = sorted(path.stem for path in folder.glob("*.toml"))
    for name in names:
        if name not in known:
            raise WrongKeyError(
                "agents.names", f"there is no agent {name!r}; use some of {', '.join(known)}"
            )
        agent = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        longest = agent.get("longest_call_seconds", LONGEST_CALL_SECONDS)
        if longest > longest_call_seconds:
            raise WrongKeyError(
                "drain.longest_call_seconds",
                f"{longest_call_seconds} is less than the {longest} that agent {name!r} allows; "
                "raise it or lower longest_call_seconds in the agent's file",
            )
