"""A folder of a bot's own, where its processes find each other; those of the dead are cleared."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

_PREFIX = "voice-bot-"
#: A folder that is younger may be one whose owner is about to lock it.
_SURELY_LOCKED_SECONDS = 60.0


class MeetingPlace:
    """A folder that is this process's as long as it lives, however it dies.

    It holds a lock on the folder, and a lock ends with its process. Forked processes close their
    copies of it.

    Attributes:
        path: Where it is.
    """

    def __init__(self) -> None:
        """Makes the folder, and clears those whose owners are gone."""
        _clear_up()
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Clears the folder."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _clear_up() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            found = folder.lstat()
            ours = found.st_uid == os.geteuid()
            if ours and found.st_mtime < time.time() - _SURELY_LOCKED_SECONDS:
                _clear(folder)
        except OSError:
            # Somebody else was faster, or has the folder still.
            continue


def _clear(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
