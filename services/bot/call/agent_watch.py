"""Follows how the agent does: whether it can be spoken to, and when it can be given a message."""

import asyncio
from collections.abc import Awaitable, Callable

from pipecat.frames.frames import LLMContextFrame
from pipecat.observers.base_observer import BaseObserver, FramePushed

from services.bot.nova import AgentStateFrame, NovaSonic

#: Nova has its context as soon as the pipeline runs; without it no greeting could follow.
CONTEXT_SECONDS = 10.0


class AgentWatch(BaseObserver):
    """Follows the frames that tell of the agent's state."""

    def __init__(self, nova: NovaSonic, tell_state: Callable[[str], Awaitable[None]]) -> None:
        """Prepares a watch.

        Args:
            nova: The agent's processor.
            tell_state: Is told `ready` or `reconnecting` whenever that changes.
        """
        super().__init__(observe_every_push=False)
        self._nova = nova
        self._tell_state = tell_state
        self._has_context = asyncio.Event()

    async def on_push_frame(self, data: FramePushed) -> None:
        """Looks at the frames that matter here."""
        if isinstance(data.frame, AgentStateFrame) and data.source is self._nova:
            await self._tell_state(data.frame.state)
        elif isinstance(data.frame, LLMContextFrame) and data.destination is self._nova:
            self._has_context.set()

    async def until_it_listens(self) -> None:
        """Waits until the agent has its instructions; what is queued for it then comes after them.

        Raises:
            TimeoutError: It does not get them.
        """
        await asyncio.wait_for(self._has_context.wait(), CONTEXT_SECONDS)
