"""The moments at which a process looks at what changes slowly.

Waking a process costs more than most looks are worth. So whoever has to look now and then does so
when the others do.
"""

import asyncio
import os

SECONDS = 0.2
"""From one to the next."""

_STEP_MILLISECONDS = 37
"""Between the moments of one process and of the one after it, which would wake together else."""


async def pulse() -> float:
    """Waits for the next one, if need be for up to a quarter longer than `SECONDS`.

    Returns:
        By how much it came too late, in seconds: that is what everything else here waits for, too,
        whether the loop is blocked by work of its own or the processor by others.
    """
    loop = asyncio.get_running_loop()
    now = loop.time()
    phase = os.getpid() * _STEP_MILLISECONDS / 1000 % SECONDS
    wait = SECONDS - (now - phase) % SECONDS
    if wait < SECONDS / 4:  # timers are a little early at times, and then this one has been
        wait += SECONDS
    await asyncio.sleep(wait)
    return max(0.0, loop.time() - now - wait)
