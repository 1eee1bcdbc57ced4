"""Our bot, whose front end does its work and then gives out the very bits that came in.

An echo canceller changes every bit, and the callers' marks (`tests.bench.marks`) must arrive as
they are. What the front end costs, and that it waits for whole frames, is measured all the same;
its filters' delay is not: `make bench BENCH=sound` tells it.

Run: `python -m tests.bench.marked_bot`, like `python -m services.bot`.
"""

import sys
from collections.abc import Iterator
from weakref import WeakKeyDictionary

from services.bot.__main__ import main
from services.bot.sound.front_end import FrontEnd

_worked_on = FrontEnd.near_in_pieces
_waiting: WeakKeyDictionary[FrontEnd, bytearray] = WeakKeyDictionary()


def _as_it_came(front_end: FrontEnd, pcm: bytes) -> Iterator[bytes]:
    waiting = _waiting.setdefault(front_end, bytearray())
    waiting += pcm
    for piece in _worked_on(front_end, pcm):
        as_it_came = bytes(waiting[: len(piece)])
        del waiting[: len(piece)]
        yield as_it_came


if __name__ == "__main__":
    FrontEnd.near_in_pieces = _as_it_came  # type: ignore[assignment, method-assign]
    sys.exit(main())
