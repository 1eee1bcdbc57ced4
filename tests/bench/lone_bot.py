"""A bot for one call in a new interpreter: what a connect server starts that has no warm processes.

It is our own bot, without the supervisor: the same imports, the same warming, the same accept.

Run: `python -m tests.bench.lone_bot FD`, with the number of an inherited listening socket.
"""

import asyncio
import socket
import sys

from services.bot.settings import BotSettings
from services.common import log
from services.common.settings import load_settings


def main(listener: socket.socket) -> None:
    """Serves the first caller of a listening socket."""
    settings = load_settings(BotSettings)
    log.configure(settings.log_level, settings.log_format, service="bot", secrets=settings.secrets)
    from services.bot.processes.reception import receive_a_caller
    from services.bot.processes.session_process import serve_one_session
    from services.bot.resources import Resources

    resources = Resources.gather(settings)
    supervisors_end, line = socket.socketpair()
    listener.setblocking(False)
    line.setblocking(False)

    async def serve() -> None:
        await serve_one_session(
            line, resources, lambda slot: receive_a_caller(listener, slot, resources)
        )

    with supervisors_end:
        asyncio.run(serve())


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
