"""Hangs up after the agent has said goodbye, unless the caller has something more to say."""

import asyncio
from collections.abc import Callable
from typing import Literal

from loguru import logger
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed

#: The model answers a tool's result within this, or says nothing about it.
ANSWER_SECONDS = 5.0
#: Nova Sonic speaks sentence by sentence; a longer pause is the end.
PAUSE_SECONDS = 0.8
#: Who speaks into a goodbye says goodbye too, or has one more question and is given time for it.
SECOND_THOUGHT_SECONDS = 15.0


class Farewell(BaseObserver):
    """Follows who speaks, and hangs up when all is said."""

    def __init__(self, hang_up: Callable[[], None]) -> None:
        """Prepares it.

        Args:
            hang_up: Ends the call.
        """
        super().__init__(observe_every_push=False)
        self._hang_up = hang_up
        self._speaking: set[Literal["agent", "caller"]] = set()
        self._changed = asyncio.Event()
        self._pause = PAUSE_SECONDS
        self._ending: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The agent wants to end the call; it has been told to say goodbye."""
        if self._ending is None:
            logger.info("agent says goodbye")
            self._ending = asyncio.create_task(self._end())

    def close(self) -> None:
        """The call is over anyway."""
        if self._ending is not None:
            self._ending.cancel()

    async def on_push_frame(self, data: FramePushed) -> None:
        """Looks at the frames that tell who speaks."""
        match data.frame:
            case BotStartedSpeakingFrame():
                self._speaking.add("agent")
            case BotStoppedSpeakingFrame():
                self._speaking.discard("agent")
            case VADUserStartedSpeakingFrame():
                self._speaking.add("caller")
                self._pause = SECOND_THOUGHT_SECONDS
            case VADUserStoppedSpeakingFrame():
                self._speaking.discard("caller")
            case _:
                return
        self._changed.set()

    async def _end(self) -> None:
        self._pause = PAUSE_SECONDS
        await self._until_speech(ANSWER_SECONDS)
        while await self._until_silence():
            if not await self._until_speech(self._pause):
                break
        self._hang_up()

    async def _until_silence(self) -> bool:
        while self._speaking:
            self._changed.clear()
            await self._changed.wait()
        return True

    async def _until_speech(self, seconds: float) -> bool:
        """Whether somebody begins to speak within some seconds."""
        await self._until_silence()
        try:
            async with asyncio.timeout(seconds):
                while not self._speaking:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True
