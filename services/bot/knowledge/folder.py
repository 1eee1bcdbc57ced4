"""Reads a folder of Markdown files, and says which file is at fault where one is."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from loguru import logger

from services.bot.knowledge.errors import KnowledgeError
from services.bot.knowledge.passages import Passage, cut

FILE_BYTES = 5_000_000
"""A longer file is no document that somebody wrote for an agent; the Bible has 4.5 MB."""

_MARKDOWN = (".md", ".markdown")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")

Signature = tuple[tuple[str, int, int, int], ...]
"""Name, size, time of change and inode of each file: what differs when something was changed."""


def read_folder(folder: Path) -> list[Passage]:
    """Every passage of a folder and of the folders in it, files in the order of their names.

    Raises:
        KnowledgeError: There is no such folder, nothing in it, or a file is no Markdown.
    """
    if not folder.is_dir():
        raise KnowledgeError(f"{folder}: is no folder")
    passages = [
        passage for file in _markdown_files(folder) for passage in _passages_of(file, folder)
    ]
    if not passages:
        raise KnowledgeError(f"{folder}: has no Markdown file (*.md) with a text in it")
    return passages


def signature(folder: Path) -> Signature:
    """What the folder looks like from outside, without reading a file."""
    seen = []
    for file in _files(folder):
        with suppress(OSError):  # it was there a moment ago, or is a link to nothing
            found = file.stat()
            seen.append((str(file), found.st_size, found.st_mtime_ns, found.st_ino))
    return tuple(seen)


def _files(folder: Path) -> Iterator[Path]:
    """Linked folders are not entered, so that none is entered for ever."""
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(above, name) for name in sorted(names) if not name.startswith("."))


def _markdown_files(folder: Path) -> Iterator[Path]:
    for file in _files(folder):
        if file.suffix.lower() in _MARKDOWN:
            yield file
        elif file.suffix.lower() not in _PICTURES:
            logger.bind(file=str(file)).warning("file is not Markdown and is not read")


def _passages_of(file: Path, folder: Path) -> Iterator[Passage]:
    try:
        if file.is_symlink() and not file.exists():
            raise KnowledgeError(f"{file}: is a link to {file.readlink()}, which is not there")
        if not file.is_file():
            raise KnowledgeError(f"{file}: is no file")
        size = file.stat().st_size
        if size > FILE_BYTES:
            raise KnowledgeError(
                f"{file}: has {size / 1e6:.1f} MB; expected at most {FILE_BYTES / 1e6:.0f}: "
                "cut it into several files"
            )
        raw = file.read_bytes()
    except OSError as error:
        raise KnowledgeError(f"{file}: cannot be read: {error.strerror}") from error
    if b"\0" in raw:
        raise KnowledgeError(f"{file}: is a binary file; expected Markdown")
    try:
        markdown = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise KnowledgeError(f"{file}: line {line} is not UTF-8; save the file as UTF-8") from error
    yield from cut(str(file.relative_to(folder)), markdown)
