"""Nova Sonic as a Pipecat service that does not fall silent."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from pipecat.adapters.llm.schemas.direct_function import DirectFunction
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.adapters.llm.services.aws_nova_sonic_adapter import Role
from pipecat.frames.frames import (
    AggregatedTextFrame,
    BotSpeakingFrame,
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    FunctionCallCancelFrame,
    InterruptionFrame,
    LLMServiceMetadataFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.aws.nova_sonic.llm import AudioConfig, AWSNovaSonicLLMService
from pipecat.services.aws.nova_sonic.session_continuation import SessionContinuationParams
from pipecat.services.llm_service import FunctionCallParams

from services.bot.nova.announcements import Announcements
from services.bot.nova.endless import EndlessStream
from services.bot.nova.guard import Guard
from services.bot.nova.interruption import (
    ANSWER_CUT,
    ANSWER_OVER,
    ANSWER_RESUMED,
    TIME_PASSED,
    Interruption,
    NovaEvent,
)
from services.bot.nova.mouth import Mouth
from services.bot.nova.settings import NovaSettings
from services.bot.nova.usage import Usage

_EARLY_FRAMES = 1000
"""Of the caller's audio, before Nova can be sent any: 20 s in frames of 20 ms."""

_LOOK_SECONDS = 0.1
"""How often it is looked what Nova makes of an interruption, while it says nothing."""

_CANCELLED = {"cancelled": "The caller spoke before this was done. Do not mention it."}

#: Pipecat's but for the last three, by kind of event.
_HANDLERS = {
    "completionStart": "_handle_completion_start_event",
    "contentStart": "_handle_content_start_event",
    "textOutput": "_handle_text_output_event",
    "audioOutput": "_handle_audio_output_event",
    "toolUse": "_handle_tool_use_event",
    "contentEnd": "_handle_content_end_event",
    "completionEnd": "_handle_completion_end_event",
    "usageEvent": "_handle_usage_event",
    ANSWER_CUT[0]: "_handle_answer_cut",
    ANSWER_OVER[0]: "_handle_answer_over",
    ANSWER_RESUMED[0]: "_handle_answer_resumed",
}


class NovaSonic(AWSNovaSonicLLMService):
    """Pipecat's Nova Sonic service behind a guard.

    Takes an `LLMContext` through aggregators and registers functions as any Pipecat LLM service.
    What Pipecat's own service does when a stream fails (reconnect without pause or end, hang, fall
    mute) never runs: the guard reopens streams behind its back, and replaces them before AWS does.

    While there is no stream what the caller says is kept, and `Announcements` tell them.

    A message for the model in mid-call (`LLMMessagesAppendFrame`) must be queued on this processor.
    """

    def __init__(
        self,
        *,
        settings: NovaSettings,
        instructions: str,
        voice: str | None = None,
        tools: ToolsSchema | Sequence[FunctionSchema | DirectFunction] | None = None,
        **kwargs: Any,  # noqa: ANN401 - handed on to Pipecat
    ) -> None:
        """Connects when the first context frame arrives.

        Args:
            settings: Endpoint, credentials, model, deadlines.
            instructions: The system prompt; Nova refuses a session without one.
            voice: A voice id; ``settings.voice_id`` if not given.
            tools: Tools for the model when the context has none of its own.
            **kwargs: For Pipecat's `LLMService`, such as ``function_call_timeout_secs``.

        Raises:
            ValueError: The instructions are empty.
        """
        if not instructions.strip():
            raise ValueError(
                "instructions: must not be empty, Nova Sonic refuses a session without"
            )
        super().__init__(
            access_key_id="",  # the guard finds the credentials
            secret_access_key="",
            region=settings.region,
            settings=AWSNovaSonicLLMService.Settings(
                model=settings.model_id,
                voice=voice or settings.voice_id,
                system_instruction=instructions,
                endpointing_sensitivity=settings.endpointing,
                max_tokens=settings.max_tokens,
                temperature=settings.temperature,
                top_p=settings.top_p,
            ),
            tools=tools if isinstance(tools, ToolsSchema) or tools is None else list(tools),
            audio_config=AudioConfig(output_sample_rate=settings.sample_rate),
            session_continuation=SessionContinuationParams(enabled=False),
            **kwargs,
        )
        # Without it Pipecat raises over a tool that nobody registered, and Nova waits for ever.
        self.register_function(None, _no_such_tool)
        self._nova = settings
        self._instructions = instructions
        self._guard: Guard | None = None
        self.mouth = Mouth(super().push_frame, settings.bytes_a_second)
        """What the agent says leaves through it."""
        self._interruption = Interruption(unheard=self.mouth.unheard)
        self._early: deque[bytes] = deque(maxlen=_EARLY_FRAMES)
        self._announcements = Announcements(self)
        self.caller_said: list[str] = []
        """What the caller has said, a text a turn; known before a tool is called for it."""

    def create_client(self) -> Guard:
        """The guard in place of the SDK's client."""
        self._guard = Guard(self._nova, self._announcements.announce)
        return self._guard

    @property
    def _endless(self) -> EndlessStream | None:
        """The stream that Pipecat sees, once it has asked for one."""
        return self._guard.stream if self._guard is not None else None

    @property
    def usage(self) -> Usage:
        """What Nova has counted so far."""
        return self._endless.usage if self._endless is not None else Usage()

    @property
    def nobody_speaks(self) -> bool:
        """Whether it is quiet on the line, and Nova can be had."""
        return self._endless is not None and self._endless.nobody_speaks

    async def ask(self, text: str) -> None:
        """Has Nova answer a text, as it answers the caller."""
        await self._send_text_event(text=text, role=Role.USER, interactive=True)

    def service_metadata_frame(self) -> LLMServiceMetadataFrame:
        """As Pipecat's, without its warning at every call: our own detector makes the turns."""
        return LLMServiceMetadataFrame(service_name=self.name, is_realtime_service=True)

    @property
    def briefed(self) -> bool:
        """Whether Nova has forgotten what a new briefing was to make it forget."""
        return self._endless is None or not self._endless.outdated

    def brief(self, instructions: str, *, anew: bool) -> None:
        """Has every stream from now on begin with other instructions.

        Args:
            instructions: What takes the place of the system prompt that was given at first.
            anew: Replaces the stream as soon as nobody speaks, so that Nova knows no more what the
                instructions do not say any longer.
        """
        if self._endless is not None:
            self._endless.brief(self._instructions, instructions, anew=anew)
        self._instructions = instructions

    async def _receive_task_handler(self, stream: EndlessStream | None = None) -> None:
        """Has Pipecat handle Nova's events.

        As Pipecat's own, but for three things: an event is parsed once, one that it stumbles over
        ends nothing, since the stream behind is none that opening another one would mend, and the
        rest of an answer that the caller has interrupted is not handled (`Interruption`).
        """
        while stream is not None and (event := await self._receive(stream)) is not None:
            try:
                for kind, fields in self._interruption.read(event):
                    if kind in _HANDLERS:
                        await getattr(self, _HANDLERS[kind])({kind: fields})
            except Exception as error:
                message = f"{event[0]} of Nova's was not handled: {error}"
                await self.push_error(error_msg=message, exception=error)

    async def _receive(self, stream: EndlessStream) -> NovaEvent | None:
        if not self._interruption.undecided:
            return await stream.receive()
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                return await stream.receive()
        except TimeoutError:
            return TIME_PASSED

    async def _handle_answer_cut(self, event: object) -> None:
        """Ends an answer that went on although the caller had something to say."""
        await self.broadcast_interruption()
        await self._handle_answer_over(event)

    async def _handle_answer_over(self, _: object) -> None:
        """Ends an answer of which Nova does not tell that it is over, or not in time."""
        self._content_being_received = None
        self._pending_speculative_text = None
        if self._assistant_is_responding:
            self._assistant_is_responding = False
            await self._report_assistant_response_ended()  # type: ignore[no-untyped-call]

    async def _handle_answer_resumed(self, event: dict[str, dict[str, bool]]) -> None:
        """Begins a turn for the rest of an answer, since the interruption has ended the first."""
        if self._assistant_is_responding:
            await self._report_assistant_response_ended()  # type: ignore[no-untyped-call]
        self._assistant_is_responding = True
        await self._report_assistant_response_started()
        await self.mouth.say_again()
        if not event["answerResumed"]["more"]:
            self._assistant_is_responding = False
            await self._report_assistant_response_ended()  # type: ignore[no-untyped-call]

    async def broadcast_interruption(self) -> None:
        """As Pipecat's; Nova has heard the caller, so nothing is said again."""
        self.mouth.unheard.forget()
        await super().broadcast_interruption()  # type: ignore[no-untyped-call]

    async def _report_assistant_response_started(self) -> None:
        if self._endless is not None:
            self._endless.go_on()
        await super()._report_assistant_response_started()  # type: ignore[no-untyped-call]

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Notes who is speaking, to replace a stream in a pause and to know what Nova answers."""
        if isinstance(frame, BotSpeakingFrame):
            return  # five a second, which observers have seen and nobody else wants
        if (stream := self._endless) is not None:
            match frame:
                case UserStartedSpeakingFrame() | UserStoppedSpeakingFrame():
                    stream.caller_speaks = isinstance(frame, UserStartedSpeakingFrame)
                    self._interruption.caller_speaks(stream.caller_speaks)
                case InterruptionFrame():
                    self._interruption.interrupt()
                    stream.silence()
                case BotStartedSpeakingFrame() | BotStoppedSpeakingFrame():
                    stream.agent_speaks = isinstance(frame, BotStartedSpeakingFrame)
        await super().process_frame(frame, direction)

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Gives sound and sentences out through the agent's mouth."""
        if isinstance(frame, TTSAudioRawFrame):
            await self.mouth.say(frame)
            return
        if isinstance(frame, TTSTextFrame):
            await self.mouth.end()
            return
        if type(frame) is AggregatedTextFrame:
            self.mouth.begin(frame.text)
        if isinstance(frame, TranscriptionFrame):
            self.caller_said.append(frame.text)
        elif isinstance(frame, FunctionCallCancelFrame) and direction is FrameDirection.DOWNSTREAM:
            # Pipecat tells Nova nothing, which would wait for a result.
            await self._send_tool_result(frame.tool_call_id, _CANCELLED)  # type: ignore[no-untyped-call]
        await super().push_frame(frame, direction)

    def hear(self, pcm: bytes) -> None:
        """Takes a piece of the caller's sound, without waiting for anything.

        What is said before the context has come is kept; Pipecat drops it.
        """
        self._early.append(pcm)
        stream = self._endless
        if self._audio_input_started and stream is not None:
            while self._early:
                stream.hear(self._early.popleft())

    async def _send_user_audio_event(self, audio: bytes) -> None:
        self.hear(audio)

    async def _disconnect(self) -> None:
        if self._client is not None:  # Pipecat's waits a second each time, and is called twice
            await super()._disconnect()  # type: ignore[no-untyped-call]
        await self._announcements.stop()


async def _no_such_tool(params: FunctionCallParams) -> None:
    await params.result_callback({"error": f"There is no tool named {params.function_name}."})
