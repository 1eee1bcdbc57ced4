"""A bot's own folder, and those that dead bots leave behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.bot.meeting_place import MeetingPlace

OWNER = """
import os, signal
from services.bot.meeting_place import MeetingPlace
place = MeetingPlace()
if os.fork() == 0:
    os.closerange(3, 100)  # as `services.bot.processes.fork` does
    print(place.path, flush=True)
signal.pause()
"""


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the test's bots apart from others on this machine."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def owner() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process with a folder, and a process that it forked."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, process_group=0
    )
    assert process.stdout is not None
    yield process, Path(process.stdout.readline().strip())
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def aged(folder: Path) -> Path:
    """A folder as one that was made an hour ago."""
    then = time.time() - 3600
    os.utime(folder, (then, then))
    return folder


def test_the_folder_of_a_bot_that_was_killed_is_cleared_by_the_next(
    owner: tuple[subprocess.Popen[str], Path],
) -> None:
    process, folder = owner
    (folder / "ses.sock").touch()
    aged(folder)
    MeetingPlace().close()
    assert folder.exists(), "its owner lives"
    process.kill()
    process.wait()
    MeetingPlace().close()
    assert not folder.exists(), "though a process that it forked still runs"


def test_a_folder_that_is_just_being_made_is_left_alone() -> None:
    new = Path(tempfile.mkdtemp(prefix="voice-bot-"))
    MeetingPlace().close()
    assert new.exists()
    aged(new)
    MeetingPlace().close()
    assert not new.exists()


def test_a_bot_that_ends_clears_its_folder() -> None:
    place = MeetingPlace()
    (place.path / "ses.sock").touch()
    assert place.path.is_dir()
    place.close()
    assert not place.path.exists()
