"""The textbook's simulation of a fleet that never scales: a heap, and one event after the other.

Too slow for a day of a large fleet, and simple enough to be believed. The tests hold the rounds of
`simulation` to it, call for call.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from tests.bench.fleet.entrance import TOLD_SECONDS
from tests.bench.fleet.plan import Plan


class Served(NamedTuple):
    """A call.

    Attributes:
        since: When the caller tried first.
        at: When a slot was free.
        end: When the call was over.
    """

    since: float
    at: float
    end: float


class _Kind(IntEnum):
    """What happens; at one moment, in this order."""

    END = 0
    TRY = 1


def serve(
    plan: Plan, tasks: int, arrivals: Sequence[float], lengths: Sequence[float]
) -> list[Served]:
    """Serves callers one after the other.

    Args:
        plan: The fleet's; nothing of scaling and of processes is used.
        tasks: That there are, from the beginning to the end.
        arrivals: When callers come.
        lengths: Of the calls, in the order in which they begin.

    Returns:
        The calls, in the order in which they began.
    """
    free = tasks * plan.slots
    events = [(at, _Kind.TRY, number, at) for number, at in enumerate(arrivals)]
    heapq.heapify(events)
    line: deque[float] = deque()
    talking = 0
    next_length: Iterator[float] = iter(lengths)
    served: list[Served] = []
    told: list[float] = []

    def begin(since: float, now: float) -> None:
        nonlocal free, talking
        free -= 1
        talking += 1
        call = Served(since, now, now + next(next_length))
        served.append(call)
        heapq.heappush(events, (call.end, _Kind.END, len(served), call.since))

    while events:
        now, kind, number, since = heapq.heappop(events)
        if kind is _Kind.END:
            free += 1
            talking -= 1
            if line:
                begin(line.popleft(), now)
            continue
        limited = 0 < plan.limit <= talking + len(line)
        full = plan.way == "websocket" and free == 0
        if limited or full:
            again = now + plan.retry_seconds
            if limited:
                before = sum(moment > now for moment in told)
                turn = math.ceil((before + 1) * plan.call_seconds / plan.limit)
                first, last = TOLD_SECONDS
                again = now + min(last, max(first, plan.round_seconds, turn))
                told.append(again)
            if again - since <= plan.patience_seconds:
                heapq.heappush(events, (again, _Kind.TRY, number, since))
        elif free:
            begin(since, now)
        else:
            line.append(since)
    return served
