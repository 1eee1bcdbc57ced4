"""What a forked process lives through: it warms up, waits for one call, serves it and leaves.

How a call comes is another module's business: `reception` lets callers in on the listening socket,
`pulling` takes jobs from the queue.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from loguru import logger

from services.bot.call.call import Call
from services.bot.load import longest_lag
from services.bot.processes.link import (
    Alive,
    Drain,
    Ended,
    HangUp,
    Link,
    Loaded,
    Pause,
    Ready,
    Resume,
    Retire,
    Taken,
)
from services.bot.processes.slot import Slot
from services.bot.resources import Resources
from services.common.jobs import Received

#: The supervisor ends a process that says nothing for half a lease.
BEATS_A_LEASE = 8


async def serve_one_session(
    line: socket.socket, resources: Resources, come: Callable[[Slot], Awaitable[None]]
) -> None:
    """Serves at most one session.

    Args:
        line: This process's end of the socket pair to its supervisor.
        resources: What every call needs, not yet warm.
        come: Waits until the slot is taken, or will not be any more.
    """
    link = await Link.over(line)

    def report(call: Call, job: Received | None) -> None:
        link.send(Taken(session=call.session, job=job))

    slot = Slot(report)
    telling: asyncio.Task[None] | None = None
    obeying = asyncio.create_task(_obey(link, slot))
    beating = asyncio.create_task(_beat(link, resources.settings.lease_seconds))
    try:
        await resources.warm_up()
        link.send(Ready())
        telling = asyncio.create_task(_tell_load(link, slot))
        await come(slot)
        if slot.call is not None:
            await slot.call.over.wait()
        link.send(Ended())
    finally:
        if telling is not None:
            telling.cancel()
        beating.cancel()
        obeying.cancel()
        await link.close()


async def _beat(link: Link, lease_seconds: float) -> None:
    """Lets the supervisor know that this process does not hang."""
    while True:
        await asyncio.sleep(lease_seconds / BEATS_A_LEASE)
        link.send(Alive())


async def _tell_load(link: Link, slot: Slot) -> None:
    """Lets the supervisor know how late everything is here, from the first wait on."""
    while True:
        lag = await longest_lag()
        late = slot.call.line.take_lateness() if slot.call is not None else None
        link.send(Loaded(lag=lag, late=late))


async def _obey(link: Link, slot: Slot) -> None:
    """Does what the supervisor says, and hangs up when it is gone."""
    while (order := await link.receive()) is not None:
        match order:
            case Retire():
                slot.retire()
            case Pause():
                slot.pause(True)
            case Resume():
                slot.pause(False)
            case Drain():
                slot.close()
            case HangUp():
                slot.hang_up()
            case _:
                logger.bind(kind=order.kind).warning("unexpected order from the supervisor")
    logger.warning("supervisor is gone")
    slot.hang_up()
