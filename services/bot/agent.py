"""An agent: what it says, how it sounds and what it can do, read from one TOML file."""

import tomllib
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from services.bot.settings import Endpointing
from services.bot.tools import Tool, UnknownToolError, tools_named

AGENTS_FOLDER = Path(__file__).parent / "agents"


class AgentError(ValueError):
    """An agent's file cannot be used. The message names the file and the key."""


def _known_tools(names: tuple[str, ...]) -> tuple[str, ...]:
    try:
        tools_named(names)
    except UnknownToolError as error:
        raise ValueError(str(error)) from error
    return names


class VoiceActivity(BaseModel):
    """When the caller counts as speaking.

    Attributes:
        stop_secs: Seconds of silence after which the caller's speech has ended.
        min_volume: Loudness, 0 to 1, below which sound is not taken for speech.
        speech_pad_ms: Milliseconds by which detected speech is widened at both ends. At its end the
            turn stays open for that long, so that a breath does not end it; at its start the
            turn's time is set back, to where the detector was not sure yet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stop_secs: float = Field(default=0.5, ge=0.1, le=5)
    min_volume: float = Field(default=0.6, ge=0, le=1)
    speech_pad_ms: int = Field(default=300, ge=0, le=2000)


class Agent(BaseModel):
    """What one agent is.

    Attributes:
        key: The file's name without its ending: what `/connect` calls the agent.
        name: What people call it.
        instructions: The system prompt.
        greeting: What it says when the call begins.
        voice: Nova Sonic's voice.
        languages: The languages that it speaks, as BCP 47 tags.
        tools: Names of functions in `services.bot.tools`.
        vad: When the caller counts as speaking.
        endpointing: How soon Nova Sonic takes a pause for the end of what the caller says; by
            default as soon as Nova Sonic does by itself.
        longest_call_seconds: After this long the agent hangs up.
        silence_limit_seconds: After this long without a word from either side it hangs up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    name: str = Field(min_length=1, max_length=80)
    instructions: str = Field(min_length=1, max_length=40_000)
    greeting: str = Field(min_length=1, max_length=1000)
    voice: str = Field(default="tiffany", pattern=r"^[a-z]+$")
    languages: tuple[str, ...] = ("en-US",)
    tools: Annotated[tuple[str, ...], AfterValidator(_known_tools)] = ()
    vad: VoiceActivity = VoiceActivity()
    endpointing: Endpointing | None = None
    longest_call_seconds: float = Field(default=1800, gt=0)
    silence_limit_seconds: float = Field(default=120, gt=0)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Reads an agent's file.

        Raises:
            AgentError: The file is missing, no TOML, or holds a wrong key or value.
        """
        try:
            described = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise AgentError(f"{path}: cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise AgentError(f"{path}: is not TOML: {error}") from error
        try:
            return cls.model_validate(described | {"key": path.stem})
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
                for fault in error.errors(include_url=False)
            )
            raise AgentError(f"{path}: {wrong}") from error

    def tool_functions(self) -> list[Tool]:
        """The tools that it may call."""
        return tools_named(self.tools)


def read_agents(expected: tuple[str, ...] = (), folder: Path = AGENTS_FOLDER) -> dict[str, Agent]:
    """Reads every agent there is, by key.

    Args:
        expected: Keys of agents that have to be there.
        folder: Where the files are.

    Raises:
        AgentError: A file cannot be used, or an expected one is missing.
    """
    agents = {path.stem: Agent.read(path) for path in sorted(folder.glob("*.toml"))}
    for key in expected:
        if key not in agents:
            there = ", ".join(agents) or "none"
            raise AgentError(f"AGENTS: there is no {folder / key}.toml; there are {there}")
    return agents
