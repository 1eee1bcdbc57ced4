"""The ear: finds the caller's utterances in the audio and has each recognised."""

from __future__ import annotations

import atexit
from collections import deque

from nova_sonic_emulator.endpointing import (
    SAMPLE_RATE,
    Endpointer,
    HeardEvent,
    SpeechEnded,
    SpeechStarted,
)
from nova_sonic_emulator.recogniser import Recogniser, Utterance

__all__ = ["Ear", "HeardEvent", "SpeechEnded", "SpeechStarted", "prepare"]

_BYTES_PER_MS = SAMPLE_RATE * 2 // 1000
_PIECE_BYTES = 20 * _BYTES_PER_MS
_PRE_ROLL_MS = 200
_ONSET_MS = 200

_recogniser = Recogniser()
atexit.register(_recogniser.stop)


def prepare() -> None:
    """Starts loading the models, which takes about a second in a process of its own.

    The first ear does it otherwise; nothing waits for it before the end of the first utterance.
    """
    _recogniser.start()


class Ear:
    """Listens to one stream of 16 kHz mono s16le audio.

    Args:
        endpoint_silence_ms: How long a pause ends an utterance.
        mind_grammar: JSGF of what the script understands; None when there is no such thing.
        onset_ms: How much sound begins an utterance.
    """

    def __init__(
        self,
        *,
        endpoint_silence_ms: int,
        mind_grammar: str | None,
        onset_ms: int = Endpointer.ONSET_MS,
    ) -> None:
        self._endpointer = Endpointer(endpoint_silence_ms=endpoint_silence_ms, onset_ms=onset_ms)
        self._before_ms = _PRE_ROLL_MS + max(_ONSET_MS, 2 * onset_ms)
        self._grammar = mind_grammar
        self._recent = bytearray()
        self._heard_bytes = 0
        self._utterance: Utterance | None = None
        self._ended: deque[Utterance] = deque()
        if mind_grammar is not None:
            _recogniser.prepare(mind_grammar)

    def hear(self, pcm: bytes) -> list[HeardEvent]:
        """Takes the next piece of audio, of any size.

        Returns:
            What it completed, in order; each `SpeechEnded` is one utterance for `recognise`.
        """
        events: list[HeardEvent] = []
        for start in range(0, len(pcm), _PIECE_BYTES):
            events += self._hear_piece(pcm[start : start + _PIECE_BYTES])
        return events

    async def recognise(self) -> str:
        """The words of the oldest utterance that ended and was not asked for yet.

        Returns:
            Words in lower case; empty when there was nothing to understand.
        """
        return await self._ended.popleft().text() if self._ended else ""

    def close(self) -> None:
        """Gives up on what is being said; recognising what was said before goes on."""
        if self._utterance is not None:
            self._utterance.abandon()
            self._utterance = None

    def _hear_piece(self, pcm: bytes) -> list[HeardEvent]:
        self._heard_bytes += len(pcm)
        if self._utterance is not None:
            self._utterance.hear(pcm)
        else:
            self._recent += pcm
            del self._recent[: -self._before_ms * _BYTES_PER_MS]
        events = self._endpointer.hear(pcm)
        for event in events:
            if isinstance(event, SpeechStarted):
                self._begin(event)
            else:
                self._finish()
        return events

    def _begin(self, event: SpeechStarted) -> None:
        since_ms = self._heard_bytes // _BYTES_PER_MS - event.offset_ms + _PRE_ROLL_MS
        self._utterance = _recogniser.listen(self._grammar)
        self._utterance.hear(bytes(self._recent[-since_ms * _BYTES_PER_MS :]))
        self._recent.clear()

    def _finish(self) -> None:
        if self._utterance is not None:
            self._utterance.end()
            self._ended.append(self._utterance)
            self._utterance = None
