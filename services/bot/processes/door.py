"""Who stands at the door: told before a process gives them its time."""

import asyncio
import select
import socket

#: A caller's first bytes come right behind the connection. Who says nothing by then is served, but
#: keeps nobody waiting.
FIRST_WORD_SECONDS = 0.02


async def speaks(visitor: socket.socket) -> bool:
    """Whether a connection's other end sends something soon, or closes it."""
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    loop.add_reader(visitor, heard.set)
    try:
        async with asyncio.timeout(FIRST_WORD_SECONDS):
            await heard.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(visitor)
    return True


def has_left(visitor: socket.socket) -> bool:
    """Whether a connection's other end has closed it, perhaps behind a whole request.

    Callers who wait in the kernel longer than they care to leave their requests behind. Only Linux
    tells; elsewhere everybody seems to be there still.
    """
    end = getattr(select, "POLLRDHUP", None)
    if end is None:
        return False
    poll = select.poll()
    poll.register(visitor, end)
    return bool(poll.poll(0))
