"""Waits for whichever of several things comes first."""

import asyncio
from collections.abc import Coroutine


async def first_of(seconds: float, *waits: Coroutine[None, None, object]) -> None:
    """Waits for one of them, but no longer than some seconds; the others are given up."""
    waiting = [asyncio.create_task(wait) for wait in waits]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
