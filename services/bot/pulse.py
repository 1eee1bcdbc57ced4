"""The moments at which a process looks at what changes slowly.

Waking a process costs more than most looks are worth. So whoever has to look now and then does so
when the others do.
"""

import asyncio
import os
import time

SECONDS = 0.2
"""From one to the next."""

_STEP_MILLISECONDS = 37
"""Between the moments of one process and of the one after it, which would wake together else."""

_BUSY_SECONDS = 0.0015
"""By how much a process wakes too late on average where half of the core is taken. Alone it is
0.9 ms, of which most is the loop's own: its timers know milliseconds."""

_SMOOTHING = 0.05
"""Of that average, which follows within some seconds."""

_late = 0.0


async def pulse() -> float:
    """Waits for the next one, if need be for up to a quarter longer than `SECONDS`.

    Returns:
        By how much it came too late, in seconds: that is what everything else here waits for, too,
        whether the loop is blocked by work of its own or the processor by others.
    """
    global _late
    now = asyncio.get_running_loop().time()
    phase = os.getpid() * _STEP_MILLISECONDS / 1000 % SECONDS
    wait = SECONDS - (now - phase) % SECONDS
    if wait < SECONDS / 4:  # timers are a little early at times, and then this one has been
        wait += SECONDS
    await asyncio.sleep(wait)
    lag = max(0.0, time.monotonic() - now - wait)
    _late += _SMOOTHING * (lag - _late)
    return lag


def busy() -> bool:
    """Whether this process has to share its core with many others."""
    return _late > _BUSY_SECONDS
