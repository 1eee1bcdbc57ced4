"""The folders of documents of a bot's agents, and their indexes, kept up to date."""

import asyncio
import fcntl
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

from loguru import logger

from services.bot.knowledge.errors import KnowledgeError
from services.bot.knowledge.folder import Signature, read_folder, signature
from services.bot.knowledge.index import Found, Index, write_index

POLL_SECONDS = 2.0
"""How often folders are looked at. A large one less often: it takes a hundredth of the time."""

Work = Callable[[], Coroutine[None, None, None]]


class Shelf:
    """One folder's index, as a session process uses it.

    It is made before a fork and opened behind it: SQLite's connections must not cross one.
    """

    def __init__(self, file: Path) -> None:
        """Will search the index in ``file``, whichever is there at the time."""
        self._file = file
        self._index: Index | None = None
        self._opened: tuple[int, int, int] | None = None

    def open(self) -> None:
        """Opens the index, so that the first search does not wait for it."""
        try:
            self._newest()
        except (OSError, sqlite3.Error) as error:
            logger.bind(detail=str(error)).error("documents cannot be opened")

    def search(self, question: str, *, most: int = 3) -> list[Found]:
        """The passages that fit a question best.

        Raises:
            KnowledgeError: The index cannot be read.
        """
        try:
            return self._newest().search(question, most=most)
        except (OSError, sqlite3.Error) as error:
            self._index = self._opened = None
            raise KnowledgeError(f"{self._file.name}: cannot be searched: {error}") from error

    def topics(self) -> list[str]:
        """What there is to be asked about: some of the documents' headings; none if unreadable."""
        try:
            return self._newest().topics()
        except (OSError, sqlite3.Error):
            return []

    def _newest(self) -> Index:
        there = self._file.stat()
        seen = (os.getpid(), there.st_ino, there.st_mtime_ns)
        if self._index is None or seen != self._opened:
            if self._index is not None and self._opened and self._opened[0] == seen[0]:
                self._index.close()
            self._index, self._opened = Index(self._file), seen
        return self._index


class Library:
    """Every folder of documents, and the indexes made of them."""

    def __init__(self, place: Path) -> None:
        """Keeps indexes in the folder ``place``, which must be there."""
        self._place = place
        self._folders: dict[Path, Signature] = {}
        self._shelves: dict[Path, Shelf] = {}

    def add(self, folder: Path) -> None:
        """Makes the index of a folder, unless it has one.

        Raises:
            KnowledgeError: The folder cannot be used.
        """
        if folder not in self._folders:
            looks = signature(folder)
            self._write(folder)
            self._folders[folder] = looks
            self._shelves[folder] = Shelf(self._file(folder))

    def shelf(self, folder: Path | None) -> Shelf | None:
        """A folder's index, to be searched in this process; None where it has none."""
        return None if folder is None else self._shelves.get(folder)

    def open(self) -> None:
        """Opens every index in this process, so that no first search waits for it."""
        for shelf in self._shelves.values():
            shelf.open()

    async def keep_up(self, fork: Callable[[Work], object]) -> None:
        """Makes an index anew whenever its folder has changed; for ever.

        Args:
            fork: Has a process of its own do some work, from a callback of the event loop.
        """
        loop = asyncio.get_running_loop()
        pause, changed = POLL_SECONDS, dict(self._folders)
        while self._folders:
            await asyncio.sleep(pause)
            began = time.perf_counter()
            for folder, known in self._folders.items():
                looks = signature(folder)
                # An editor may still be writing: what changed must look the same twice.
                if looks != known and looks == changed.get(folder):
                    self._folders[folder] = looks
                    loop.call_soon(fork, partial(self._write_again, folder))
                changed[folder] = looks
            pause = max(POLL_SECONDS, 100 * (time.perf_counter() - began))

    async def _write_again(self, folder: Path) -> None:
        try:
            self._write(folder)
        except (KnowledgeError, OSError, sqlite3.Error) as error:
            logger.bind(folder=str(folder), detail=str(error)).error(
                "documents have changed and cannot be used; the agent knows what it knew before"
            )

    def _write(self, folder: Path) -> None:
        began = time.perf_counter()
        new = self._file(folder).with_suffix(f".{os.getpid()}")
        with self._file(folder).with_suffix(".lock").open("w") as lock:
            # One after the other: of two the later one has read the newer documents.
            fcntl.flock(lock, fcntl.LOCK_EX)
            new.unlink(missing_ok=True)
            try:
                count = write_index(new, read_folder(folder))
                new.replace(self._file(folder))
            finally:
                new.unlink(missing_ok=True)
        seconds = round(time.perf_counter() - began, 2)
        logger.bind(folder=folder.name, passages=count, seconds=seconds).info("documents indexed")

    def _file(self, folder: Path) -> Path:
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        return self._place / f"knowledge-{digest}.db"
