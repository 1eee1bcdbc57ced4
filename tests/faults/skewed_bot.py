"""`python -m services.bot` whose clock, as far as session records go, is ahead or behind.

`CLOCK_AHEAD_SECONDS` says by how much; below zero it is behind.
"""

import os
import sys
from datetime import datetime, timedelta
from typing import Any, Self

from services.bot.__main__ import main
from services.common.records import utc_now
from services.common.sessions import SessionStore
from services.common.settings import CommonSettings

_AHEAD = timedelta(seconds=float(os.environ["CLOCK_AHEAD_SECONDS"]))


def _skewed() -> datetime:
    return utc_now() + _AHEAD


_connect: Any = SessionStore.connect.__func__  # type: ignore[attr-defined]


def _connect_skewed(cls: type[SessionStore], settings: CommonSettings) -> Self:  # type: ignore[misc]
    found: Self = _connect(cls, settings, clock=_skewed)
    return found


if __name__ == "__main__":
    SessionStore.connect = classmethod(_connect_skewed)  # type: ignore[method-assign, assignment]
    sys.exit(main())
