"""The assistant's voice on the stream: paced ahead of real time, cut by a barge-in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from nova_sonic_emulator.outputs import Outputs
from nova_sonic_emulator.scenario import Pace
from nova_sonic_emulator.voice import Voice

_SAMPLE_BYTES = 2


class Speech:
    """Speaks answers, one at a time.

    Audio leaves at most `pace.lead_ms` before a listener plays it, so a barge-in keeps some of it
    unsent. An answer is over when its listener has heard it, not when it is sent.

    Args:
        outputs: Where the events go.
        voice: Turns sentences into sound.
        voice_id: The voice that the client asked for.
        sample_rate: Of the audio, in hertz.
        pace: Chunk length, lead and speed.
    """

    def __init__(
        self, outputs: Outputs, voice: Voice, *, voice_id: str, sample_rate: int, pace: Pace
    ) -> None:
        self._outputs = outputs
        self._voice = voice
        self._voice_id = voice_id
        self._sample_rate = sample_rate
        self._pace = pace
        self._playback = _Playback()
        self._cut = asyncio.Event()
        self._speaking = False

    @property
    def audible(self) -> bool:
        """Whether a listener who plays what was sent hears the assistant now."""
        return self._speaking and self._playback.left > 0

    def interrupt(self) -> None:
        """Stop. What is not sent stays unsent."""
        if self._speaking:
            self._cut.set()

    async def speak(self, sentences: Sequence[str]) -> bool:
        """Say sentences, and wait until they are heard or cut short.

        Returns:
            Whether they were heard to the end.
        """
        self._cut.clear()
        self._playback = _Playback()
        self._speaking = True
        try:
            async with asyncio.TaskGroup() as synthesis:
                spoken = [
                    (sentence, synthesis.create_task(self._synthesise(sentence)))
                    for sentence in sentences
                ]
                completed = await self._say(spoken)
                for _, sound in spoken:
                    sound.cancel()
            return completed
        finally:
            self._speaking = False

    async def _synthesise(self, sentence: str) -> bytes:
        return await self._voice.speak(
            sentence,
            voice_id=self._voice_id,
            sample_rate=self._sample_rate,
            speed=self._pace.speed,
        )

    async def _say(self, spoken: list[tuple[str, asyncio.Task[bytes]]]) -> bool:
        unheard: list[_Sentence] = []
        for number, (sentence, sound) in enumerate(spoken, start=1):
            pcm = await sound
            if self._cut.is_set():
                break
            begins = self._playback.sent
            await self._send(sentence, pcm, last=number == len(spoken))
            unheard.append(_Sentence(sentence, begins, begins + self._seconds(pcm)))
            self._report_heard(unheard)
        while not self._cut.is_set() and self._playback.left > 0:
            await self._pause(self._playback.left)
        if not self._cut.is_set():
            self._report_heard(unheard, everything=True)
            return True
        if self._playback.sent:
            self._report_interruption(unheard)
        return False

    async def _send(self, sentence: str, pcm: bytes, *, last: bool) -> None:
        self._outputs.text("ASSISTANT", "SPECULATIVE", sentence)
        content_id = self._outputs.audio_start()
        size = self._sample_rate * self._pace.chunk_ms // 1000 * _SAMPLE_BYTES
        for start in range(0, len(pcm), size):
            await self._pause(self._playback.left - self._pace.lead_ms / 1000)
            if self._cut.is_set():
                break
            chunk = pcm[start : start + size]
            self._outputs.audio(content_id, chunk)
            self._playback.add(self._seconds(chunk))
        ended = last or (self._cut.is_set() and self._pace.announce_interruption)
        self._outputs.audio_end(content_id, "END_TURN" if ended else "PARTIAL_TURN")
        self._outputs.usage("output", text=sentence, speech_seconds=self._seconds(pcm))

    def _report_heard(self, unheard: list[_Sentence], *, everything: bool = False) -> None:
        while unheard and (everything or unheard[0].ends <= self._playback.heard):
            self._outputs.text("ASSISTANT", "FINAL", unheard.pop(0).text)

    def _report_interruption(self, unheard: list[_Sentence]) -> None:
        heard = self._playback.heard
        for sentence in unheard:
            if words := sentence.until(heard):
                self._outputs.text("ASSISTANT", "FINAL", words)
        if self._pace.announce_interruption:
            self._outputs.interrupted()

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._cut.wait(), seconds)

    def _seconds(self, pcm: bytes) -> float:
        return len(pcm) / _SAMPLE_BYTES / self._sample_rate


class _Sentence:
    """A sentence with its place on the playback clock, in seconds."""

    __slots__ = ("begins", "ends", "text")

    def __init__(self, text: str, begins: float, ends: float) -> None:
        self.text = text
        self.begins = begins
        self.ends = ends

    def until(self, moment: float) -> str:
        """The words that were spoken by then, as far as their share of the time tells."""
        share = min(1.0, max(0.0, (moment - self.begins) / (self.ends - self.begins or 1)))
        words = self.text.split()
        return " ".join(words[: round(share * len(words))])


class _Playback:
    """A listener's clock: plays without a gap for as long as there is something to play."""

    __slots__ = ("_started", "sent")

    def __init__(self) -> None:
        self.sent = 0.0
        self._started = 0.0

    @property
    def heard(self) -> float:
        """Seconds of audio that the listener has played."""
        if not self.sent:
            return 0.0
        return min(self.sent, asyncio.get_running_loop().time() - self._started)

    @property
    def left(self) -> float:
        """Seconds of audio that the listener has yet to play."""
        return self.sent - self.heard

    def add(self, seconds: float) -> None:
        """Another piece was sent."""
        now = asyncio.get_running_loop().time()
        if self.left <= 0:
            self._started = now - self.sent
        self.sent += seconds
