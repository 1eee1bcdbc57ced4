"""Takes up changed agents and tools while the bot runs, on an author's own machine."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from loguru import logger

from services.bot.agent import AGENTS_FOLDER, AgentError
from services.bot.resources import Resources
from services.bot.toolbox import TOOLS_FOLDER

#: An author who has saved a file needs longer than this to make the next call.
LOOK_SECONDS = 0.5

type _Seen = dict[Path, tuple[int, int]]


async def reload_when_changed(resources: Resources, renew: Callable[[], None]) -> None:
    """Reads agents and tools again whenever a file of theirs has changed.

    What cannot be used is said in the log, and what was there before stays.

    Args:
        resources: Holds the agents.
        renew: Lets the processes go that wait for a call with what was there before.
    """
    seen = _look()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        now = _look()
        if now == seen:
            continue
        changed = sorted(path.name for path in {*now, *seen} if now.get(path) != seen.get(path))
        seen = now
        log = logger.bind(changed=", ".join(changed))
        try:
            resources.reload()
        except AgentError as error:
            for line in str(error).splitlines():
                log.bind(mistake=line).error("agents not reloaded, the last good ones stay")
        except Exception:
            log.exception("agents not reloaded, the last good ones stay")
        else:
            renew()
            log.bind(agents=", ".join(resources.agents)).info("agents reloaded for the next call")


def _look() -> _Seen:
    """What every file looks like from outside."""
    return {path: seen for path in _files() if (seen := _seen(path))}


def _files() -> Iterator[Path]:
    yield from AGENTS_FOLDER.glob("*.toml")
    yield from TOOLS_FOLDER.glob("*.py")


def _seen(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
