"""`make agent NAME=tea-shop`: a new agent with a tool and a document, which works at once."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from string import Template

from local.part import REPOSITORY

_NAME = re.compile(r"[a-z]+[a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_NAME = 40

_AGENT = Template('''\
#:schema ./agent.schema.json
# Every key, with what it means: agent.schema.json, which editors show, and README.md.
name = "$title"
voice = "tiffany"
languages = ["en-US"]
# Names of functions in services/bot/tools; the first is yours, in $module.py.
tools = ["$tool", "current_date_time", "end_call"]
# The folder of documents beside this file. The agent searches them by itself.
knowledge = "$name"

greeting = "Hello, this is the $spoken. How can I help you?"

instructions = """
You answer the phone for the $spoken. You are warm and brief.
You are heard, not read: speak in one or two short sentences, without lists, symbols or headings.
When the caller asks when you are open, use $tool.
For any other question use search_knowledge, and say only what the documents say.
If a tool gives an error, say what went wrong in plain words. Never make anything up.
When all is said and the caller says goodbye, use end_call.
"""
''')

_TOOL = Template('''\
"""What the $spoken can look up: every async function here is a tool."""

from typing import Any, Literal

from services.bot.tools import ToolContext, ToolFailedError, tool

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

_HOURS = {"saturday": ("10:00", "14:00"), "sunday": None}


@tool(timeout=5, progress="One moment, I am looking that up.")
async def $tool(day: Day, *, context: ToolContext) -> dict[str, Any]:
    """Tells when the $spoken is open.

    The model reads these words: say what the function is for, and when to use it.

    Args:
        day: The day of the week that the caller asks about.
        context: What a tool may know of the call; the model does not see it.
    """
    hours = _HOURS.get(day, ("09:00", "18:00"))
    if hours is None:
        raise ToolFailedError(f"we are closed on {day}")
    context.state["asked_about"] = day
    return {"day": day, "opens_at": hours[0], "closes_at": hours[1]}
''')

_DOCUMENT = Template("""\
# Returns and refunds

You can return anything within thirty days and get your money back. Bring the receipt with you.

# Parking

There is a free car park behind the building. It closes one hour after we do.
""")


class NewAgentError(Exception):
    """The agent cannot be made; the message says why."""


def new_agent(name: str, bot: Path = REPOSITORY / "services" / "bot") -> list[Path]:
    """Makes the files of a new agent.

    Args:
        name: Small letters, digits, and hyphens between them.
        bot: The bot's folder.

    Returns:
        The files.

    Raises:
        NewAgentError: The name is no agent's, or something is there already.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise NewAgentError(
            f"{name!r} is no agent's name: use small letters, digits and hyphens between them, "
            "such as NAME=tea-shop"
        )
    module, spoken = name.replace("-", "_"), name.replace("-", " ")
    words = {
        "name": name,
        "module": module,
        "spoken": spoken,
        "title": spoken.capitalize(),
        "tool": f"{module}_opening_hours",
    }
    # A bot that runs takes each file up at once: what the agent's file names comes before it.
    files = {
        bot / "tools" / f"{module}.py": _TOOL,
        bot / "agents" / name / "questions.md": _DOCUMENT,
        bot / "agents" / f"{name}.toml": _AGENT,
    }
    for file in files:
        if file.exists():
            raise NewAgentError(f"{file} is there already: choose another NAME, or remove it")
    for file, template in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(template.substitute(words), encoding="utf-8")
    return list(files)


def main(arguments: list[str]) -> int:
    """Makes an agent and says what to do next."""
    name = arguments[0] if arguments else ""
    try:
        files = new_agent(name)
    except NewAgentError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    agent = files[-1].stem
    for file in files:
        sys.stdout.write(f"{file.relative_to(REPOSITORY)}\n")
    sys.stdout.write(
        f"\nTalk with it: make run, then http://localhost:8000/?agent={agent}\n"
        f'Ask it: "what are the {agent.replace("-", " ")} opening hours on monday" '
        'or "can I return what I bought".\n'
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
