"""What an agent's file may say."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from services.bot.agent.voices import Language, Voice, languages_of, voices_for
from services.bot.knowledge.description import KnowledgeFolder
from services.bot.mcp_servers.description import McpServer
from services.bot.memory.description import MEMORY_TOOLS, Remembering
from services.bot.recording.description import RECORDING_TOOLS, RecordingWanted
from services.bot.settings import Endpointing
from services.bot.sound import Sound
from services.bot.toolbox import Tool, UnknownToolError, tools_named

ServerName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,20}$")]


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
        voice: Nova Sonic's voice. Tiffany and Matthew speak every language.
        languages: The languages that it speaks, as BCP 47 tags; the first is the one it begins in.
        tools: Names of functions in `services/bot/tools`.
        mcp: Servers of the Model Context Protocol, by name, whose tools it may call too.
        knowledge: The folder of its documents.
        memory: What it remembers of callers whom access control knows; by default nothing.
        recording: Whether calls are recorded, and what callers are told of it; by default not.
        sound: What is done to the caller's sound before anybody listens.
        vad: When the caller counts as speaking.
        endpointing: How soon Nova Sonic takes a pause for the end of what the caller says; by
            default as soon as Nova Sonic does by itself.
        longest_call_seconds: After this long the agent hangs up.
        silence_limit_seconds: After this long without a word from either side it hangs up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)
    name: str = Field(min_length=1, max_length=80)
    instructions: str = Field(min_length=1, max_length=40_000)
    greeting: str = Field(min_length=1, max_length=1000)
    voice: Voice = "tiffany"
    languages: tuple[Language, ...] = Field(default=("en-US",), min_length=1)
    tools: Annotated[tuple[str, ...], AfterValidator(_known_tools)] = ()
    mcp: Mapping[ServerName, McpServer] = Field(default_factory=dict)
    knowledge: KnowledgeFolder | None = None
    memory: Remembering | None = None
    recording: RecordingWanted | None = None
    sound: Sound = Sound()
    vad: VoiceActivity = VoiceActivity()
    endpointing: Endpointing | None = None
    longest_call_seconds: float = Field(default=1800, gt=0)
    silence_limit_seconds: float = Field(default=120, gt=0)

    @model_validator(mode="after")
    def _check_voice(self) -> Self:
        foreign = set(self.languages) - set(languages_of(self.voice))
        if foreign:
            spoken = ", ".join(sorted(foreign))
            able = ", ".join(voices_for(self.languages))
            raise ValueError(
                f"voice: {self.voice!r} does not speak {spoken}; use one of {able}, or take it out "
                "of languages"
            )
        return self

    def tool_functions(self) -> list[Tool]:
        """The tools that it may call: those in its file, and those that come with other keys."""
        knowing = ("search_knowledge",) if self.knowledge else ()
        remembering = MEMORY_TOOLS if self.memory else ()
        recording = RECORDING_TOOLS if self.recording and self.recording.enabled else ()
        return tools_named(dict.fromkeys((*self.tools, *knowing, *remembering, *recording)))
