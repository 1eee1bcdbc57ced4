"""Folders of documents: read, kept up to date, and refused with the file's name."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from services.bot.knowledge import KnowledgeError, Library, library
from services.bot.knowledge.folder import FILE_BYTES, read_folder

Work = Callable[[], Coroutine[None, None, None]]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "returns.md").write_text("# Returns\n\nWithin thirty days.\n")
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def _binary(folder: Path) -> None:
    (folder / "picture.md").write_bytes(b"\x89PNG\r\n\0\0")


def _not_utf8(folder: Path) -> None:
    (folder / "old.md").write_bytes("Erste Zeile\nGr\xfc\xdfe\n".encode("latin-1"))


def _huge(folder: Path) -> None:
    (folder / "log.md").write_bytes(b"a" * (FILE_BYTES + 1))


def _broken_link(folder: Path) -> None:
    (folder / "link.md").symlink_to("nowhere.md")


def _folder_named_as_a_file(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")


@pytest.mark.parametrize(
    ("harm", "file", "message"),
    [
        (_binary, "picture.md", "is a binary file"),
        (_not_utf8, "old.md", "line 2 is not UTF-8"),
        (_huge, "log.md", "has 5.0 MB"),
        (_broken_link, "link.md", "is a link to nowhere.md, which is not there"),
        (_folder_named_as_a_file, "pipe.md", "is no file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    documents: Path, harm: Callable[[Path], None], file: str, message: str
) -> None:
    harm(documents)
    with pytest.raises(KnowledgeError) as refused:
        read_folder(documents)
    assert str(refused.value).startswith(f"{documents / file}: {message}")


def test_a_folder_without_documents_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not Markdown")
    (tmp_path / "empty.md").write_text("\n\n")
    with pytest.raises(KnowledgeError, match="has no Markdown file"):
        read_folder(tmp_path)
    with pytest.raises(KnowledgeError, match="is no folder"):
        read_folder(tmp_path / "missing")


def test_documents_are_read_wherever_they_lie_in_the_folder(documents: Path) -> None:
    (documents / "b" / "c").mkdir(parents=True)
    (documents / "b" / "c" / "deep.md").write_bytes(b"\xef\xbb\xbfDeep.\r\n\r\nDown.\r\n")
    (documents / ".git").mkdir()
    (documents / ".git" / "hidden.md").write_text("Hidden.")
    (documents / "b" / "circle").symlink_to(documents)
    assert [each.file for each in read_folder(documents)] == ["returns.md", "b/c/deep.md"]


def test_a_process_that_was_forked_searches_for_itself(documents: Path, place: Path) -> None:
    books = Library(place)
    books.add(documents)
    shelf = books.shelf(documents)
    assert shelf is not None
    assert shelf.search("returns")
    pid = os.fork()
    if pid == 0:
        os._exit(0 if shelf.search("thirty days") else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert shelf.search("returns")


async def test_a_changed_document_is_found_by_the_next_search(
    documents: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "POLL_SECONDS", 0.01)
    books = Library(place)
    books.add(documents)
    shelf = books.shelf(documents)
    assert shelf is not None
    assert not shelf.search("descaling")
    written = asyncio.Event()
    outcomes: list[asyncio.Task[None]] = []

    def fork(work: Work) -> None:
        outcomes.append(asyncio.create_task(work()))
        outcomes[-1].add_done_callback(lambda _: written.set())

    keeping = asyncio.create_task(books.keep_up(fork))
    async with asyncio.timeout(20):
        (documents / "kettles.md").write_text("# Descaling\n\nWith vinegar.\n")
        await written.wait()
        assert [each.passage.file for each in shelf.search("descaling")] == ["kettles.md"]
        written.clear()
        (documents / "kettles.md").write_bytes(b"\0")
        await written.wait()
        assert shelf.search("descaling"), "the agent forgot what it knew"
        written.clear()
        (documents / "kettles.md").unlink()
        await written.wait()
        assert not shelf.search("descaling")
    keeping.cancel()
    assert sorted(each.name.rpartition(".")[2] for each in os.scandir(place)) == ["db", "lock"]


def test_an_index_that_is_gone_is_an_error_and_no_crash(documents: Path, place: Path) -> None:
    books = Library(place)
    books.add(documents)
    shelf = books.shelf(documents)
    assert shelf is not None
    shelf.search("returns")
    (file,) = place.glob("*.db")
    file.rename(place / "away")
    with pytest.raises(KnowledgeError, match="cannot be searched"):
        shelf.search("returns")
    (place / "away").rename(file)
    assert shelf.search("returns")
