"""`python -m tests.evals [AGENT …] [--nova aws] [--speech]`: what `make evals` runs."""

import argparse
import asyncio
import logging
import os
import sys

from loguru import logger
from rich.console import Console
from rich.table import Table

from tests.evals.conversations import EvalFileError, agents_with_evals, read_conversations
from tests.evals.runner import Result, against_the_emulator, against_the_model


def main(arguments: list[str] | None = None) -> int:
    """Holds the conversations of some agents and prints how they went.

    Returns:
        The process's exit status: 1 where something was not as it should be.
    """
    parser = argparse.ArgumentParser(prog="make evals", description="Hold agents' conversations.")
    parser.add_argument("agents", nargs="*", help="agents; by default all that have a file")
    parser.add_argument("--nova", choices=("emulator", "aws"), default="emulator")
    parser.add_argument("--speech", action="store_true", help="callers speak instead of writing")
    asked = parser.parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's line for every request
    logger.remove()
    logger.add(sys.stderr, level=os.environ.get("LOG_LEVEL", "ERROR"))
    try:
        results = asyncio.run(
            _hold(asked.agents or agents_with_evals(), nova=asked.nova, speech=asked.speech)
        )
    except EvalFileError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    console = Console()
    for agent, held in results.items():
        console.print(table(agent, held))
    every = [each for held in results.values() for each in held]
    passed = sum(each.passed for each in every)
    console.print(f"{passed} of {len(every)} conversations are as they should be.")
    return 0 if passed == len(every) else 1


async def _hold(agents: list[str], *, nova: str, speech: bool) -> dict[str, list[Result]]:
    wanted = {agent: read_conversations(agent) for agent in agents}
    model = against_the_model if nova == "aws" else against_the_emulator
    async with model(speech=speech) as evals:
        held = await evals.hold_all(
            (agent, each) for agent, conversations in wanted.items() for each in conversations
        )
    return {agent: [result for its, result in held if its == agent] for agent in wanted}


def table(agent: str, held: list[Result]) -> Table:
    """How an agent's conversations went: what was said, and what was wrong with it."""
    shown = Table(title=agent, show_lines=True, expand=True)
    for column, ratio in (("conversation", 2), ("caller", 3), ("agent", 6), ("wrong", 3)):
        shown.add_column(column, ratio=ratio, overflow="fold")
    for result in held:
        name = f"{'✓' if result.passed else '✗'} {result.name}"
        for turn in result.turns:
            calls = "".join(f"\n→ {each.tool} {dict(each.arguments)}" for each in turn.called)
            shown.add_row(
                name,
                turn.says or "(is greeted)",
                f"{turn.said}{calls}\n{turn.seconds:.1f} s",
                "\n".join(turn.faults),
                style=None if not turn.faults else "red",
            )
            name = ""
        if result.faults:
            shown.add_row("", "", "", "\n".join(result.faults), style="red")
    return shown


if __name__ == "__main__":
    sys.exit(main())
