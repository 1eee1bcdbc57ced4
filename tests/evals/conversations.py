"""The files: `tests/evals/<agent>.toml`, a table `[[conversation]]` each."""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

FOLDER = Path(__file__).parent


class EvalFileError(ValueError):
    """A file of conversations cannot be used; the message names it and what is wrong."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ExpectedCall(_Part):
    """A tool that has to be called in a turn.

    Attributes:
        tool: Its name.
        arguments: `with` in the file: those that matter; "*" is good for any value.
    """

    tool: str
    arguments: dict[str, str] = Field(
        default={}, validation_alias=AliasChoices("with", "arguments")
    )


class ExpectedTurn(_Part):
    """What a caller says, and what has to come of it.

    Attributes:
        says: The caller's words.
        after: Seconds of silence before them.
        calls: Tools that have to be called, in any order.
        never_calls: Tools that must not be.
        tells: What the agent has to say; "shipped | on its way" is one of two ways to put it.
        never_tells: What it must not say.
    """

    says: str
    after: Annotated[float, Field(ge=0, le=30)] = 0
    calls: tuple[ExpectedCall, ...] = ()
    never_calls: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    never_tells: tuple[str, ...] = ()


class EvalConversation(_Part):
    """One conversation.

    Attributes:
        name: For people.
        caller: Who calls, as access control knows them; None where it does not.
        notes: What the agent knows of the caller.
        greets: What its greeting has to say.
        turns: `[[conversation.turn]]` in the file.
        notes_after: What the notes have to say in the end; () for nothing at all.
    """

    name: str
    caller: str | None = None
    notes: tuple[str, ...] = ()
    greets: tuple[str, ...] = ()
    turns: tuple[ExpectedTurn, ...] = Field(
        default=(), validation_alias=AliasChoices("turn", "turns")
    )
    notes_after: tuple[str, ...] | None = None


def read_conversations(agent: str, folder: Path = FOLDER) -> tuple[EvalConversation, ...]:
    """The conversations of one agent.

    Raises:
        EvalFileError: There is no such file, or it cannot be used.
    """
    file = folder / f"{agent}.toml"
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
        return tuple(
            EvalConversation.model_validate(each) for each in found.get("conversation", ())
        )
    except OSError as error:
        raise EvalFileError(f"{file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise EvalFileError(f"{file}: is not TOML: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise EvalFileError(f"{file}: {wrong}") from error


def agents_with_evals(folder: Path = FOLDER) -> list[str]:
    """The agents that have a file."""
    return sorted(file.stem for file in folder.glob("*.toml"))
