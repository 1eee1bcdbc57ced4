"""Reads agents' files, and says of each mistake where it is."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from services.bot.agent.errors import AgentError
from services.bot.agent.model import Agent
from services.bot.agent.toml_lines import line_of
from services.bot.toolbox import ToolError

AGENTS_FOLDER = Path(__file__).parents[1] / "agents"


def read_agents(expected: tuple[str, ...] = (), folder: Path = AGENTS_FOLDER) -> dict[str, Agent]:
    """Reads every agent there is, by key.

    Args:
        expected: Keys of agents that have to be there.
        folder: Where the files are.

    Raises:
        AgentError: A file or a tool's module cannot be used, or an expected agent is missing. The
            message has a line for each mistake.
    """
    agents: dict[str, Agent] = {}
    mistakes: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            agents[path.stem] = read_agent(path)
        except AgentError as error:
            mistakes.append(str(error))
    if mistakes:
        raise AgentError("\n".join(mistakes))
    for key in expected:
        if key not in agents:
            there = ", ".join(agents) or "none"
            raise AgentError(f"AGENTS: there is no {folder / key}.toml; there are {there}")
    return agents


def read_agent(path: Path) -> Agent:
    """Reads one agent's file.

    Raises:
        AgentError: The file is missing, no TOML, or holds a wrong key or value; or a tool's module
            cannot be used.
    """
    try:
        text = path.read_text(encoding="utf-8")
        described = tomllib.loads(text)
    except OSError as error:
        raise AgentError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AgentError(f"{path}: is not TOML: {error}") from error
    if "key" in described:
        line = line_of(text, ("key",))
        raise AgentError(f"{path}:{line}: key: is the file's name; take it out of the file")
    try:
        return Agent.model_validate(described | {"key": path.stem}, context={"folder": path.parent})
    except ValidationError as error:
        raise AgentError("\n".join(_mistakes(path, text, described, error))) from error
    except ToolError as error:
        raise AgentError(str(error)) from error


def _mistakes(
    path: Path, text: str, described: Mapping[str, Any], error: ValidationError
) -> Iterable[str]:
    for fault in error.errors(include_url=False):
        where = tuple(str(part) for part in fault["loc"])
        message = _message(fault, where)
        if not where:
            # A check over several keys begins with the one to change.
            key, _, message = message.partition(": ")
            where = (key,)
        if where == ("key",):
            yield f"{path}: key: a file's name is small letters, digits and hyphens between them"
            continue
        line = line_of(text, where) if _is_there(described, where) else None
        place = f"{path}:{line}" if line else str(path)
        yield f"{place}: {'.'.join(where)}: {message}"


def _message(fault: ErrorDetails, where: tuple[str, ...]) -> str:
    match fault["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            known = _keys_beside(where)
            close = difflib.get_close_matches(where[-1], known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            return f"is no key; {hint}"
        case _:
            message = fault["msg"].removeprefix("Value error, ")
            shown = fault["input"]
            if not isinstance(shown, str | int | float | bool) or not where:
                return message
            return f"{message}, is {shown!r:.60}"


def _keys_beside(where: tuple[str, ...]) -> list[str]:
    """The keys that may stand in a table."""
    model: type[BaseModel] | None = Agent
    for part in where[:-1]:
        field = model.model_fields.get(part) if model else None
        model = _model_in(field.annotation) if field else model
    return sorted(name for name in (model.model_fields if model else ()) if name != "key")


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in get_args(annotation))
    return next((model for model in found if model), None)


def _is_there(described: Mapping[str, Any], where: tuple[str, ...]) -> bool:
    """Whether any part of the way to a key is in the file; a missing key has no line."""
    return bool(where) and where[0] in described
