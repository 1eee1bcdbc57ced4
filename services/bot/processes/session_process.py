"""What runs in a forked process: warm up, wait for one caller, serve the call, leave.

An idle process goes on accepting until one of its connections becomes a call, so a probe, a refused
ticket or a silent connection costs nobody a slot.
"""

import asyncio
import socket
from collections.abc import Coroutine

from loguru import logger

from services.bot.call import Call
from services.bot.endpoint import endpoint
from services.bot.processes.door import has_left, speaks
from services.bot.processes.link import Alive, Drain, Ended, HangUp, Link, Ready, Taken
from services.bot.processes.listener import Web
from services.bot.processes.slot import Slot
from services.bot.resources import Resources

#: Longer than this a connection that said something does not keep others waiting: the process
#: accepts the next one while it stays open. Through a load balancer a request comes whole at once.
PATIENCE_SECONDS = 0.25
#: Of the silence after which the supervisor ends a process.
BEATS_A_LEASE = 5


async def serve_one_session(
    listener: socket.socket, line: socket.socket, resources: Resources
) -> None:
    """Serves at most one session.

    Args:
        listener: The listening socket that all processes share.
        line: This process's end of the socket pair to its supervisor.
        resources: What every call needs, not yet warm.
    """
    link = await Link.over(line)

    def report(call: Call) -> None:
        link.send(Taken(session=call.session))

    slot = Slot(report)
    obeying = asyncio.create_task(_obey(link, slot))
    beating = asyncio.create_task(_beat(link, resources.settings.lease_seconds))
    try:
        await resources.warm_up()
        link.send(Ready())
        await _accept(listener, slot, Web(endpoint(resources, slot)))
        # As long as one process holds it open, callers reach a port where nobody answers.
        listener.close()
        if slot.call is not None:
            await slot.call.over.wait()
        link.send(Ended())
    finally:
        beating.cancel()
        obeying.cancel()
        await link.close()


async def _beat(link: Link, lease_seconds: float) -> None:
    """Lets the supervisor know that this process does not hang."""
    while True:
        await asyncio.sleep(lease_seconds / BEATS_A_LEASE)
        link.send(Alive())


async def _obey(link: Link, slot: Slot) -> None:
    """Does what the supervisor says, and hangs up when it is gone."""
    while (order := await link.receive()) is not None:
        match order:
            case Drain():
                slot.close()
            case HangUp():
                slot.hang_up()
            case _:
                logger.bind(kind=order.kind).warning("unexpected order from the supervisor")
    logger.warning("supervisor is gone")
    slot.hang_up()


async def _accept(listener: socket.socket, slot: Slot, web: Web) -> None:
    """Accepts connections until one of them has become a call or nobody may come any more."""
    while not slot.final:
        await slot.until(lambda: slot.free or slot.final)
        accepted = None if slot.final else await _next_connection(listener, slot)
        if accepted is None:
            continue
        spoke = await speaks(accepted)
        if has_left(accepted):
            accepted.close()
            logger.debug("connection was gone before it could be served")
            continue
        try:
            connection = await web.serve(accepted)
        except OSError:
            logger.debug("connection was gone before it could be served")
            continue
        if spoke:
            await _first_of(connection.closed.wait(), slot.until(lambda: slot.final))


async def _next_connection(listener: socket.socket, slot: Slot) -> socket.socket | None:
    """The next connection; None as soon as the slot is not free any more."""
    loop = asyncio.get_running_loop()
    accepting = asyncio.ensure_future(loop.sock_accept(listener))
    occupied = asyncio.ensure_future(slot.until(lambda: not slot.free))
    await asyncio.wait({accepting, occupied}, return_when=asyncio.FIRST_COMPLETED)
    occupied.cancel()
    if accepting.done():
        accepted, _ = accepting.result()
        return accepted
    accepting.cancel()
    return None


async def _first_of(*waits: Coroutine[None, None, object]) -> None:
    """Waits for one of them, as long as patience lasts."""
    waiting = [asyncio.create_task(wait) for wait in waits]
    await asyncio.wait(waiting, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
