"""The pipeline of one call: the caller's line, Nova Sonic, and what stands between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import LLMMessagesAppendFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext, LLMContextMessage
from pipecat.processors.aggregators.llm_response_universal import (
    LLMAssistantAggregator,
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)

from services.bot.agent import Agent, VoiceActivity
from services.bot.barge_in import BargeIn
from services.bot.call.ear import Ear
from services.bot.call.queues import sound_into, without_queues
from services.bot.memory import MEMORY_TOOLS, Recollection
from services.bot.nova import NovaSettings, NovaSonic, go_on_after
from services.bot.recording.description import RECORDING_TOOLS
from services.bot.settings import BotSettings
from services.bot.toolbox import Tool, ToolContext, offer
from services.bot.transports import Line
from services.bot.transports.direct_input import DirectInput
from services.bot.voice_activity import PaddedSilero
from services.common.sessions import Turn


@dataclass(frozen=True, slots=True)
class Conversation:
    """A pipeline and the two of its processors that a call talks to."""

    pipeline: Pipeline
    nova: NovaSonic
    assistant: LLMAssistantAggregator


def converse(
    agent: Agent,
    line: Line,
    *,
    settings: BotSettings,
    detector: PaddedSilero,
    history: Sequence[Turn],
    tool_context: ToolContext,
) -> Conversation:
    """Builds the pipeline of a call.

    Args:
        agent: Who answers.
        line: The caller's line.
        settings: The bot's settings; what they set wins over the agent's file.
        detector: The speech detector.
        history: What was said before, when a caller comes back.
        tool_context: What the agent's tools may know.
    """
    tools, memory = _tools(agent, tool_context), tool_context.memory
    nova = NovaSonic(
        settings=nova_settings(settings, agent, line, tools),
        instructions=briefing(agent, memory),
        voice=settings.nova_voice_id or agent.voice,
    )
    if memory is not None:
        memory.on_change = lambda forgotten: nova.brief(briefing(agent, memory), anew=forgotten)
    offer(tools, nova, tool_context)
    detector.listen_for(_wanted(agent.vad, settings))
    line.front_end.listen_for(agent.sound)
    context = LLMContext(
        messages=[_message(turn) for turn in history[: _answered(history)]],
        tools=ToolsSchema(standard_tools=[tool.schema_in(tool_context) for tool in tools]),
    )
    aggregators = LLMContextAggregatorPair(
        context,
        user_params=LLMUserAggregatorParams(user_turn_strategies=detector.turn_strategies()),
        realtime_service_mode=True,
    )
    barge_in = BargeIn(line, detector, aggregators.assistant())
    nova.mouth.speak = sound_into(line.transport.output())
    barge_in.heard.on_word = nova.mouth.unheard.follow()
    pipeline = Pipeline(
        [
            line.transport.input(),
            _ear(line, detector, nova),
            aggregators.user(),
            nova,
            without_queues(line.transport.output()),
            barge_in.heard,
            aggregators.assistant(),
        ]
    )
    return Conversation(pipeline, nova, aggregators.assistant())


def _tools(agent: Agent, context: ToolContext) -> list[Tool]:
    """The agent's tools in one call: not every caller is known, or recorded."""
    without: tuple[str, ...] = MEMORY_TOOLS if context.memory is None else ()
    without += RECORDING_TOOLS if context.recording is None else ()
    own = [tool for tool in agent.tool_functions() if tool.name not in without]
    return [*own, *(context.servers.tools if context.servers is not None else ())]


def _ear(line: Line, detector: PaddedSilero, nova: NovaSonic) -> Ear:
    ear = Ear(detector, nova)
    entrance = line.transport.input()
    if isinstance(entrance, DirectInput):
        entrance.hear = ear.hear
        entrance.at_ease = lambda: detector.calm
    return ear


def nova_settings(
    settings: BotSettings, agent: Agent, line: Line, tools: Sequence[Tool] = ()
) -> NovaSettings:
    """What of a call is Nova Sonic's business.

    Nova speaks at the rate of the line: a resampler in between would hold back 80 ms of the answer.
    """
    return NovaSettings(
        region=settings.nova_aws_region,
        model_id=settings.nova_model_id,
        access_key_id=settings.nova_aws_access_key_id,
        secret_access_key=settings.nova_aws_secret_access_key,
        endpointing=settings.nova_endpointing or agent.endpointing,
        sample_rate=line.audio_out_sample_rate,
        connection_limit_seconds=settings.connection_limit_seconds,
        # A tool's own limit ends it; this is for one that hangs in spite of it.
        tool_seconds=max([30.0, *(tool.options.timeout + 5 for tool in tools)]),
    )


def briefing(agent: Agent, memory: Recollection | None) -> str:
    """The system prompt: the agent's instructions, and what it knows of this caller."""
    return agent.instructions if memory is None else agent.instructions + memory.briefing()


def first_words(
    agent: Agent,
    history: Sequence[Turn],
    memory: Recollection | None = None,
    *,
    announcement: str = "",
) -> LLMMessagesAppendFrame | None:
    """What has the agent speak before the caller does; None where it is the caller's turn.

    A new caller is greeted. One whose call was lost between a question and the end of its answer
    need not ask again. It is for the Nova processor, not for the context.
    """
    if not history:
        greeting = f"{announcement} {(memory and memory.greeting) or agent.greeting}".strip()
        return _ask(
            f'The caller is on the line now. Greet the caller with these words: "{greeting}"'
        )
    owed = history[_answered(history) :]
    asked = " ".join(turn.text for turn in owed if turn.role == "user")
    said = " ".join(turn.text for turn in owed if turn.role == "assistant")
    if said:
        asked += f"\n\n{go_on_after(said)}"
    return _ask(asked.strip()) if asked else None


def _answered(history: Sequence[Turn]) -> int:
    """How many turns there are before the question that has no whole answer."""
    count = len(history)
    if count and history[-1].role == "assistant" and history[-1].interrupted:
        count -= 1
    while count and history[count - 1].role == "user":
        count -= 1
    return count


def _ask(text: str) -> LLMMessagesAppendFrame:
    return LLMMessagesAppendFrame(messages=[{"role": "user", "content": text}], run_llm=True)


def _wanted(vad: VoiceActivity, settings: BotSettings) -> VoiceActivity:
    """The agent's parameters, where the environment sets no others."""
    set_here = {
        "stop_secs": settings.vad_stop_secs,
        "min_volume": settings.vad_min_volume,
        "speech_pad_ms": settings.speech_pad_ms,
    }
    return vad.model_copy(
        update={key: value for key, value in set_here.items() if value is not None}
    )


def _message(turn: Turn) -> LLMContextMessage:
    if turn.role == "user":
        return {"role": "user", "content": turn.text}
    return {"role": "assistant", "content": turn.text}
