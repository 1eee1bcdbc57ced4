"""Where callers come in: a process accepts until one of its connections has become a call.

So a probe, a refused ticket or a silent connection costs nobody a slot.
"""

import asyncio
import socket

from loguru import logger

from services.bot.endpoint import endpoint
from services.bot.processes.door import has_left, speaks
from services.bot.processes.listener import REQUEST_SECONDS, Connection, Web
from services.bot.processes.slot import Slot
from services.bot.processes.waiting import first_of
from services.bot.resources import Resources

#: Longer than this a connection that said something does not keep others waiting: the process
#: accepts the next one while it stays open. Through a load balancer a request comes whole at once.
PATIENCE_SECONDS = 0.25


async def receive_a_caller(listener: socket.socket, slot: Slot, resources: Resources) -> None:
    """Lets callers in until one has the slot or nobody may have it any more.

    Args:
        listener: The listening socket that all processes share.
        slot: The room for one call.
        resources: What calls need.
    """
    web, here = Web(endpoint(resources, slot)), list[Connection]()
    while not (slot.final or slot.retiring):
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
        here = [*(other for other in here if not other.closed.is_set()), connection]
        if spoke:
            over = slot.until(lambda: slot.final)
            await first_of(PATIENCE_SECONDS, connection.closed.wait(), over)
    # As long as one process holds it open, callers reach a port where nobody answers.
    listener.close()
    await _see_out(here, slot)


async def _see_out(here: list[Connection], slot: Slot) -> None:
    """Leaves time to those who are in the door when nobody else shall come."""

    async def leave() -> None:
        for connection in here:
            await connection.closed.wait()

    await first_of(REQUEST_SECONDS, leave(), slot.until(lambda: slot.final))
    slot.close()


async def _next_connection(listener: socket.socket, slot: Slot) -> socket.socket | None:
    """The next connection; None as soon as no more are wanted."""
    loop = asyncio.get_running_loop()
    accepting = asyncio.ensure_future(loop.sock_accept(listener))
    occupied = asyncio.ensure_future(slot.until(lambda: slot.retiring or not slot.free))
    await asyncio.wait({accepting, occupied}, return_when=asyncio.FIRST_COMPLETED)
    occupied.cancel()
    if accepting.done():
        accepted, _ = accepting.result()
        return accepted
    accepting.cancel()
    return None
