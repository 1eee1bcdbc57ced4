"""A program whose microphone hears its own loudspeaker, as a hands-free telephone's does."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np

from tests.bench.sound.rooms import Room
from tests.bench.sound.signals import SAMPLE_RATE, Signal, from_pcm, to_pcm
from tests.bot.callers import CATCHES_UP_SECONDS, FRAME_BYTES, FRAME_SECONDS, Caller

_FRAME = FRAME_BYTES // 2
_PLAYS_AFTER = round(0.1 * SAMPLE_RATE)
"""Of the agent's sound that is there before any is played."""
_RESPONSE = SAMPLE_RATE // 8
"""Of a room; what it returns later is 35 dB softer."""


class LoudCaller:
    """Plays what the bot sends in a room, and sends what the microphone hears there."""

    def __init__(self, caller: Caller, loss_db: float) -> None:
        """Sets up loudspeaker and microphone.

        Args:
            caller: The program's line.
            loss_db: How much softer the microphone hears the agent than the bot sent it.
        """
        response = Room().response()[:_RESPONSE]
        self._response = response * 10 ** (-loss_db / 20) / np.linalg.norm(response)
        self._caller = caller
        self._seen = 0
        self._waiting: Signal = np.zeros(0)
        self._played: Signal = np.zeros(_RESPONSE + _FRAME - 1)
        self._playing = False
        self._saying: Signal = np.zeros(0)
        self._said = asyncio.Event()

    @asynccontextmanager
    async def hands_free(self) -> AsyncIterator[None]:
        """Keeps both switched on meanwhile."""
        sending = asyncio.create_task(self._send())
        try:
            yield
        finally:
            sending.cancel()

    async def say(self, pcm: bytes) -> None:
        """Says something into the room, and returns when it has been said."""
        self._said.clear()
        self._saying = from_pcm(pcm)
        await self._said.wait()

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            own, self._saying = self._saying[:_FRAME], self._saying[_FRAME:]
            await self._caller.send_audio(to_pcm(self._echo() + _whole_frame(own)))
            if not len(self._saying):
                self._said.set()
            due = max(due + FRAME_SECONDS, loop.time() - CATCHES_UP_SECONDS)
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _echo(self) -> Signal:
        """What the microphone hears of the next frame that the loudspeaker plays."""
        for event in self._caller.events[self._seen :]:
            if event["event"] == "media":
                sound = from_pcm(base64.b64decode(event["data"]))
                self._waiting = np.concatenate((self._waiting, sound))
            elif event["event"] == "interrupted":
                self._waiting = np.zeros(0)
        self._seen = len(self._caller.events)
        least = 1 if self._playing else _PLAYS_AFTER
        self._playing = len(self._waiting) >= least
        now = self._waiting[: _FRAME if self._playing else 0]
        self._waiting = self._waiting[len(now) :]
        self._played = np.concatenate((self._played[_FRAME:], _whole_frame(now)))
        return np.convolve(self._played, self._response, "valid")


def _whole_frame(sound: Signal) -> Signal:
    return np.pad(sound, (0, _FRAME - len(sound)))
