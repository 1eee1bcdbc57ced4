"""The one stream that Pipecat sees, made of as many streams as it takes."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Literal

from aws_sdk_bedrock_runtime.models import (  # type: ignore[import-untyped]
    InvokeModelWithBidirectionalStreamInputChunk,
)
from loguru import logger

from services.bot.nova import events
from services.bot.nova.backoff import Backoff
from services.bot.nova.conversation import Conversation
from services.bot.nova.errors import NovaError, Refused, StreamLost, Unstable
from services.bot.nova.gap import SILENCE
from services.bot.nova.interruption import STREAM_LOST, TIME_PASSED
from services.bot.nova.link import Link
from services.bot.nova.settings import NovaSettings
from services.bot.nova.successor import Successor
from services.bot.nova.usage import Usage
from services.bot.pulse import pulse

State = Literal["ready", "late", "reconnecting", "lost"]


class EndlessStream:
    """Takes events as the SDK's duplex stream does, and outlives it.

    Behind it one `Link` at a time is alive. When it is lost, or nears the age at which AWS ends it,
    the next one is opened and told what was said (`Conversation`). Pipecat notices nothing: sending
    never waits for the network, and receiving waits until there is something to receive.
    """

    def __init__(
        self,
        settings: NovaSettings,
        on_state: Callable[[State, NovaError | None], None],
        log: Any = logger,  # noqa: ANN401 - a bound loguru logger
    ) -> None:
        """Connects as soon as Pipecat has sent what a stream begins with."""
        self._settings = settings
        self._on_state = on_state
        self._log = log
        self._conversation = Conversation(
            settings.gap_audio_seconds, bytes_a_second=settings.bytes_a_second
        )
        self._backoff = Backoff(settings)
        self._link: Link | None = None
        self._spoke = False
        self._successor = Successor(
            settings, preface=self._conversation.preface, part=self._part, log=log
        )
        self._state: State | None = None
        self._received: asyncio.Queue[tuple[str, events.Event] | None] = asyncio.Queue()
        self._ready = asyncio.Event()
        self._partings: set[asyncio.Task[None]] = set()
        self._closed = False
        self.outdated = False
        self.streams = 0
        self.rotations = 0
        self.losses = 0
        self.agent_speaks = False
        self._life = asyncio.create_task(self._live())

    @property
    def caller_speaks(self) -> bool:
        """Whether the caller speaks, by our own detector."""
        return self._conversation.microphone.speaking

    @caller_speaks.setter
    def caller_speaks(self, speaks: bool) -> None:
        self._conversation.microphone.speaking = speaks

    @property
    def nobody_speaks(self) -> bool:
        """Whether it is quiet on the line."""
        return not (self.caller_speaks or self.agent_speaks)

    # Pipecat's side.

    @property
    def usage(self) -> Usage:
        """What Nova has counted so far, over all streams."""
        return self._conversation.usage

    @property
    def input_stream(self) -> "EndlessStream":
        """Itself."""
        return self

    async def send(self, event: InvokeModelWithBidirectionalStreamInputChunk) -> None:
        """Takes an event of Pipecat's; never waits for the network."""
        payload = event.value.bytes_
        if payload is None or self._closed:
            return
        needed = self._conversation.write(payload)
        if self._link is not None:
            self._link.put(*needed)
        if self._conversation.ready:
            self._ready.set()

    def hear(self, pcm: bytes) -> None:
        """Takes a piece of the caller's audio: what `send` does with its event, without one."""
        if self._closed:
            return
        event = self._conversation.hear_caller(b64encode(pcm).decode())
        if self._link is not None:
            self._link.put(event)

    async def receive(self) -> tuple[str, events.Event] | None:
        """The next event of Nova's, its kind and its fields; None once closed."""
        return await self._received.get()

    async def close(self) -> None:
        """Ends the session, within ``close_seconds`` and a moment."""
        if self._closed:
            return
        self._closed = True
        self._life.cancel()
        self._successor.discard()
        if self._link is not None:
            self._part(self._link, say_goodbye=True)
        await asyncio.wait({self._life, *self._partings}, timeout=self._settings.close_seconds + 1)
        self._received.put_nowait(None)
        self._log_totals()

    def brief(self, before: str, instructions: str, *, anew: bool) -> None:
        """Has the next stream begin with other instructions; ``anew`` asks for it soon."""
        self._conversation.brief(before, instructions)
        self._successor.discard()
        self.outdated = self.outdated or anew

    def silence(self) -> None:
        """Notes that the caller hears no more of the agent, and wakes who waits in `receive`."""
        self._conversation.silence()
        self._received.put_nowait(TIME_PASSED)

    def go_on(self) -> None:
        """Notes that they hear it again."""
        self._conversation.go_on()

    # What lives behind it.

    async def _live(self) -> None:
        try:
            await self._ready.wait()
            await self._reopen_for_ever()
        except Exception:
            # Never mute: a fault of our own ends the call like an endpoint that is gone.
            self._log.exception("nova session failed")
            self._say("lost", Unstable("internal error"))

    async def _reopen_for_ever(self) -> None:
        while True:
            try:
                link = await Link.open(self._settings)
                link.put(*self._conversation.preface())
                self._take_over(link)
                await self._serve()
            except NovaError as error:
                delay = self._lost(error)
                if delay is None:
                    return
                await asyncio.sleep(delay)

    def _take_over(self, link: Link) -> None:
        """From here on everything goes to this link, beginning with what was said so far."""
        link.put(*self._conversation.opening())
        self._link = link
        self._spoke = self.outdated = False
        self.streams += 1
        link.listen(self._read)

    async def _serve(self) -> None:
        """Keeps a stream going, replacing the link before its time is over.

        Raises:
            NovaError: The link was lost.
        """
        while link := self._link:
            listening = asyncio.create_task(link.lost())
            tending = asyncio.create_task(self._tend(link))
            try:
                done, _ = await asyncio.wait(
                    {listening, tending}, return_when=asyncio.FIRST_COMPLETED
                )
                if listening in done:
                    listening.result()
                successor = tending.result()
            finally:
                listening.cancel()
                tending.cancel()
            self._replace(link, successor)

    def _read(self, event: bytes) -> None:
        kind, fields = events.decode(event)
        self._conversation.read(kind, fields)
        self._spoke = self._spoke or kind != "usageEvent"
        self._received.put_nowait((kind, fields))

    async def _tend(self, link: Link) -> Link:
        """Watches over a link until a successor can take over, which it returns.

        Raises:
            StreamLost: It owes an answer, or did not hear the caller, and is silent for too long.
        """
        settings = self._settings
        while True:
            await pulse()
            self._fill_silence(link)
            link.put(*self._conversation.write_missing_results(settings.tool_seconds))
            if link.accepted.is_set():
                self._say("late" if self._is_late() else "ready")
            if link.age >= settings.sound_after_seconds:
                self._backoff.sound()
            if self._conversation.silent_for >= settings.answer_seconds:
                self._conversation.asked_in_vain()
                raise StreamLost("no answer, though one was due")
            if self._conversation.unheard_for >= settings.unheard_seconds:
                self._conversation.asked_in_vain()
                raise StreamLost("no sign of hearing the caller")
            if (successor := self._successor_for(link)) is not None:
                return successor

    def _is_late(self) -> bool:
        """Whether the caller has waited for so long that they may wonder whether we are there."""
        waited = max(self._conversation.owed_for, self._conversation.unheard_for)
        return waited >= self._settings.late_seconds and self.nobody_speaks

    def _fill_silence(self, link: Link) -> None:
        """Stands in for a muted microphone: Nova hears ends in silence, AWS drops who is mute."""
        if self._conversation.microphone.off:
            link.put(self._conversation.hear(SILENCE))

    # Rotation: the same opening as after a loss, but the old link lives until the new one answers.

    def _successor_for(self, link: Link) -> Link | None:
        undisturbed = self.nobody_speaks and not self._conversation.pending
        return self._successor.of(link, outdated=self.outdated, undisturbed=undisturbed)

    def _replace(self, link: Link, successor: Link) -> None:
        age = round(link.age, 1)
        self._finish_what_was_heard()
        self._take_over(successor)
        self._part(link, say_goodbye=True)
        self.rotations += 1
        self._log.bind(age=age).info("nova stream replaced before its limit")

    # Ends.

    def _lost(self, error: NovaError) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        link, self._link = self._link, None
        self._successor.discard()
        lived = link is not None and link.accepted.is_set()
        self.losses += lived
        if link is not None:
            self._part(link)
        self._finish_what_was_heard()
        self._received.put_nowait(STREAM_LOST)
        # A refusal in mid-call is about something that a new stream does not repeat.
        again = error.retryable or (self._spoke and isinstance(error, Refused))
        delay = self._backoff.failed(error) if again else None
        self._log.bind(
            error=type(error).__name__,
            detail=str(error),
            attempt=self._backoff.failures,
            delay=None if delay is None else round(delay, 2),
        ).warning("nova stream lost" if lived else "nova stream not opened")
        self._say("lost" if delay is None else "reconnecting", error)
        return delay

    def _finish_what_was_heard(self) -> None:
        for event in self._conversation.interrupted_stream():
            self._received.put_nowait(event)

    def _part(self, link: Link, *, say_goodbye: bool = False) -> None:
        link.listen(lambda _: None)
        goodbye = events.goodbye(self._conversation.prompt, self._conversation.audio_content)
        parting = asyncio.create_task(link.close(goodbye if say_goodbye else ()))
        self._partings.add(parting)
        parting.add_done_callback(self._partings.discard)

    def _say(self, state: State, error: NovaError | None = None) -> None:
        if state != self._state:
            self._state = state
            self._on_state(state, error)

    def _log_totals(self) -> None:
        self._log.bind(
            streams=self.streams,
            losses=self.losses,
            rotations=self.rotations,
            dropped_audio_seconds=round(self._conversation.gap.dropped_seconds, 1),
            **self._conversation.usage.fields(),
        ).info("nova session over")
