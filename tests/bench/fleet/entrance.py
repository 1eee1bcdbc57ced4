"""The fleet's entrance: the line, those who are refused, and those who come back."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import NamedTuple

import numpy as np

from tests.bench.fleet.demand import Flags, Floats
from tests.bench.fleet.line import first_come, let_in
from tests.bench.fleet.outcome import Outcome
from tests.bench.fleet.plan import Plan

TOLD_SECONDS = (1.0, 30.0)
"""The least and the most that a caller above the limit is told (`services.common.budget`)."""


class People(NamedTuple):
    """Callers who try to get in.

    Attributes:
        at: When they try now, in order.
        since: When each tried first.
    """

    at: Floats
    since: Floats

    def some(self, which: slice | Flags) -> People:
        """Some of them."""
        return People(self.at[which], self.since[which])


NOBODY = People(np.zeros(0), np.zeros(0))


class Openings(NamedTuple):
    """Room in a round.

    Attributes:
        begin: When the round begins.
        free: Slots that are free then.
        freed: When calls end, in order: each makes room below the fleet's limit.
        opened: When slots open, in order.
    """

    begin: float
    free: int
    freed: Floats
    opened: Floats


class Entrance:
    """Lets callers in.

    Attributes:
        line: Who waits.
    """

    def __init__(self, plan: Plan) -> None:
        """Begins with nobody."""
        self.line = NOBODY
        self._plan = plan
        self._coming_back: dict[int, list[People]] = defaultdict(list)
        self._told = np.zeros(0)

    def round(self, came: Floats, room: Openings, talking: int, outcome: Outcome) -> People:
        """A round at the entrance.

        Args:
            came: When new callers come, in order.
            room: For how many there is room, and when.
            talking: Calls at the round's beginning.
            outcome: Is told who tried and who was refused.

        Returns:
            Who got a slot, and when.
        """
        number = round(room.begin / self._plan.round_seconds)
        tries = _together(People(came, came), *self._coming_back.pop(number, ()))
        outcome.callers += len(came)
        outcome.tries += len(tries.at)
        if not len(tries.at) and not len(self.line.at):
            return NOBODY
        most = len(tries.at) + len(self.line.at)
        slots = np.concatenate((np.full(min(room.free, most), room.begin), room.opened))
        below = self._below_limit(room, talking)
        needed = [each for each in (below, None if self._waits else slots) if each is not None]
        welcome = let_in(tries.at, *needed) if needed else np.ones(len(tries.at), dtype=bool)
        if not welcome.all():
            above = np.zeros(len(tries.at), dtype=bool)
            if below is not None:
                before = np.cumsum(welcome) - welcome
                above = np.searchsorted(below, tries.at, side="right") <= before
            refused = tries.some(~welcome)
            self._refuse(refused, self._told_to_wait(refused.at, above[~welcome]), number, outcome)
        if not self._waits:
            return tries.some(welcome)
        line = _together(self.line, tries.some(welcome))
        served = first_come(line.at, slots)
        self.line = line.some(slice(len(served), None))
        return People(served, line.since[: len(served)])

    @property
    def _waits(self) -> bool:
        return self._plan.way == "queue"

    def _below_limit(self, room: Openings, talking: int) -> Floats | None:
        """When there is room for one more below the fleet's limit, in order; None without one."""
        if not self._plan.limit:
            return None
        left = self._plan.limit - talking - len(self.line.at)
        return np.concatenate((np.full(left, room.begin), room.freed))

    def _told_to_wait(self, at: Floats, above: Flags) -> Floats:
        """How long refused callers are told to wait."""
        seconds = np.full(len(at), self._plan.retry_seconds)
        if above.any():
            first, last = TOLD_SECONDS
            asking = at[above]
            self._told = self._told[self._told > asking[0]]
            earlier = len(self._told) - np.searchsorted(self._told, asking, side="right")
            before = earlier + np.arange(len(asking))
            waits = np.ceil((before + 1) * self._plan.call_seconds / self._plan.limit)
            seconds[above] = np.clip(waits, max(first, self._plan.round_seconds), last)
            self._told = np.sort(np.concatenate((self._told, asking + seconds[above])))
        return seconds

    def _refuse(self, people: People, seconds: Floats, number: int, outcome: Outcome) -> None:
        outcome.refused += len(people.at)
        outcome.refused_callers += int((people.at == people.since).sum())
        again = People(people.at + seconds, people.since)
        patient = again.at - again.since <= self._plan.patience_seconds
        outcome.left += int((~patient).sum())
        again = again.some(patient)
        rounds = np.maximum(number + 1, again.at // self._plan.round_seconds)
        for each in np.unique(rounds):
            self._coming_back[math.floor(each)].append(again.some(rounds == each))


def _together(*groups: People) -> People:
    if len(groups) == 1:
        return groups[0]
    at = np.concatenate([group.at for group in groups])
    order = np.argsort(at, kind="stable")
    return People(at[order], np.concatenate([group.since for group in groups])[order])
