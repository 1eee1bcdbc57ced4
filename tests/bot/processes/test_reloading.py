"""Taking up changed agents while the bot runs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from loguru import logger

from services.bot.agent import AgentError
from services.bot.processes import reloading
from services.bot.processes.reloading import reload_when_changed

PATIENCE_SECONDS = 20.0


class Author:
    """Somebody's agents and tools, and what came of changing them."""

    def __init__(self, folder: Path) -> None:
        self.agents, self.tools = folder / "agents", folder / "tools"
        self.agents.mkdir()
        self.tools.mkdir()
        self.mistake = ""
        self.reloads = self.renewals = 0
        self.log: list[str] = []
        self._changed = asyncio.Event()

    def reload(self) -> None:
        self.reloads += 1
        self._changed.set()
        if self.mistake:
            raise AgentError(self.mistake)

    def renew(self) -> None:
        self.renewals += 1
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Author:
    author = Author(tmp_path)
    monkeypatch.setattr(reloading, "AGENTS_FOLDER", author.agents)
    monkeypatch.setattr(reloading, "TOOLS_FOLDER", author.tools)
    monkeypatch.setattr(reloading, "LOOK_SECONDS", 0.01)
    return author


@asynccontextmanager
async def looked_after(author: Author) -> AsyncIterator[None]:
    resources = cast("Any", SimpleNamespace(reload=author.reload, agents={"a": None}))
    sink = logger.add(lambda message: author.log.append(str(message.record["extra"])))
    looking = asyncio.create_task(reload_when_changed(resources, author.renew))
    await asyncio.sleep(0)
    try:
        yield
    finally:
        looking.cancel()
        logger.remove(sink)


async def test_new_changed_and_removed_files_are_taken_up(author: Author) -> None:
    (author.tools / "own.py").write_text("")
    async with looked_after(author):
        (author.agents / "a.toml").write_text("name = 1")
        await author.until(lambda: author.renewals == 1)
        (author.tools / "own.py").write_text("x = 1")
        await author.until(lambda: author.renewals == 2)
        (author.agents / "a.toml").unlink()
        await author.until(lambda: author.renewals == 3)
        (author.agents / "notes.txt").write_text("no agent")
    assert author.reloads == 3


async def test_every_mistake_is_told_and_nobody_is_sent_away(author: Author) -> None:
    async with looked_after(author):
        author.mistake = "a.toml:1: voice: wrong\nb.toml:2: name: is missing"
        (author.agents / "a.toml").write_text("name = 1")
        await author.until(lambda: author.reloads == 1)
        author.mistake = ""
        (author.agents / "a.toml").write_text("name = 22")
        await author.until(lambda: author.renewals == 1)
    told = "".join(author.log)
    assert "a.toml:1: voice: wrong" in told
    assert "b.toml:2: name: is missing" in told
