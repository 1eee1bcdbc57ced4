"""`python -m services.bot`: the supervisor and its session processes."""

import os

# Read when numpy is imported: its BLAS starts a thread otherwise, and a process with threads must
# not fork.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from services.bot.settings import BotSettings
from services.common import log
from services.common.settings import USAGE_EXIT, load_settings

if TYPE_CHECKING:
    from services.bot.transports.rooms import Rooms

    MakeRooms = Callable[[BotSettings], Rooms]


def main(rooms: "MakeRooms | None" = None) -> int:
    """Runs the bot.

    Args:
        rooms: Makes the rooms in which calls from the queue take place; by default Daily's.

    Returns:
        The process's exit status.
    """
    settings = load_settings(BotSettings)
    log.configure(settings.log_level, settings.log_format, service="bot", secrets=settings.secrets)
    # Only now: whoever mistyped a setting should not wait for Pipecat to be imported.
    from services.bot.agent import AgentError
    from services.bot.processes.listener import ListenError, listen
    from services.bot.processes.supervisor import Supervisor
    from services.bot.resources import Resources

    try:
        resources = Resources.gather(settings, rooms(settings) if rooms else None)
        listener = listen(settings.host, settings.port, variable="PORT")
        admin_listener = listen(settings.host, settings.admin_port, variable="ADMIN_PORT")
    except (AgentError, ListenError) as error:
        sys.stderr.write(f"Cannot start: {error}\n")
        return USAGE_EXIT

    async def supervise() -> None:
        await Supervisor(resources, listener, admin_listener).run()

    try:
        asyncio.run(supervise())
    finally:
        resources.meeting_place.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
