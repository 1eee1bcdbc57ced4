"""The simulation: one round after the other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tests.bench.fleet.assumptions import START_SECONDS, Amazon
from tests.bench.fleet.calls import Calls, Ended
from tests.bench.fleet.cloud import Cloud
from tests.bench.fleet.demand import Demand, Floats
from tests.bench.fleet.entrance import NOBODY, Entrance, Openings, People
from tests.bench.fleet.outcome import Moment, Outcome
from tests.bench.fleet.placing import Counts, to_the_emptiest, to_whoever_asks
from tests.bench.fleet.plan import Plan
from tests.bench.fleet.tasks import Tasks
from tests.bench.fleet.warmth import once_warm


class Begun(NamedTuple):
    """Calls that began in a round, in the order in which they got a slot.

    Attributes:
        since: When each caller tried first.
        at: When each got a slot.
        warm: When the process that serves it was there.
        end: When each will be over.
        task: Where.
    """

    since: Floats
    at: Floats
    warm: Floats
    end: Floats
    task: Counts


class Simulation:
    """One fleet and its callers.

    Attributes:
        now: When the next round begins, in seconds after midnight.
        entrance: Where callers come in.
        calls: That go on.
        cloud: The tasks, and what AWS does about them.
        outcome: What was seen since `measure`.
    """

    def __init__(
        self,
        plan: Plan,
        demand: Demand,
        random: np.random.Generator,
        *,
        tasks: int,
        amazon: Amazon | None = None,
    ) -> None:
        """Begins at midnight with so many tasks and no call."""
        self.now = 0.0
        self.entrance = Entrance(plan)
        self.calls = Calls()
        self.cloud = Cloud(plan, amazon or Amazon(), random, tasks=tasks)
        self.outcome = Outcome()
        self._plan = plan
        self._demand = demand
        self._random = random
        self._number = 0
        self._room = plan.slots - plan.kept_back

    @property
    def tasks(self) -> Tasks:
        """The fleet's tasks."""
        return self.cloud.tasks

    def run(self, until: float) -> Outcome:
        """Goes on until then."""
        while self.now < until:
            self.step()
        return self.outcome

    def measure(self) -> None:
        """Begins to measure now."""
        self.outcome = Outcome()

    def step(self) -> Begun:
        """One round."""
        begin = self.now
        self._number += 1
        self.now = end = self._number * self._plan.round_seconds
        tasks, talking = self.tasks, len(self.calls)
        before = tasks.open
        taken = tasks.taken[before]
        free = len(before) * self._room - int(taken.sum())
        ended = self.calls.over_by(end)
        opened, opened_in = self._openings(ended, end)
        seated = self.entrance.round(
            self._demand.arrivals(begin, end),
            Openings(begin, free, ended.at, opened),
            talking,
            self.outcome,
        )
        at_once = min(len(seated.at), free)
        where = np.concatenate(
            (self._choose(before, taken, at_once), opened_in[: len(seated.at) - at_once])
        )
        tasks.change(where, ended.task, end)
        begun = self._begin(seated, where)
        self.cloud.tend(end, waiting=len(self.entrance.line.at))
        self._note(end)
        return begun

    def _openings(self, ended: Ended, end: float) -> tuple[Floats, Counts]:
        """When slots open before the round's end, in order, and in which tasks."""
        tasks = self.tasks
        still = tasks.is_open(ended.task)
        new = tasks.open_until(end)
        if not len(new):
            return ended.at[still], ended.task[still]
        opened = np.concatenate((ended.at[still], np.repeat(tasks.ready_at[new], self._room)))
        where = np.concatenate((ended.task[still], np.repeat(new, self._room)))
        order = np.argsort(opened, kind="stable")
        return opened[order], where[order]

    def _choose(self, tasks: Counts, taken: Counts, callers: int) -> Counts:
        """Tasks with free slots for so many callers, in any order."""
        if not callers:
            return tasks[:0]
        if self._plan.way == "queue":
            given = to_whoever_asks(taken, self._room, self._plan.spare, callers, self._random)
        else:
            given = to_the_emptiest(taken, self._room, callers, self._random)
        return self._random.permutation(np.repeat(tasks, given))

    def _begin(self, people: People, where: Counts) -> Begun:
        if people is NOBODY:
            return Begun(people.since, people.at, people.at, people.at, where)
        since, at, plan = people.since, people.at, self._plan
        warm = once_warm(at, where, spare=plan.spare, warming_seconds=plan.warming_seconds)
        ends = warm + self._demand.lengths(len(at))
        self.calls.add(ends, where)
        waits = warm - since + START_SECONDS
        self.outcome.began += len(at)
        self.outcome.waits.add(waits)
        self.outcome.burst_waits.add(waits[self._demand.in_burst(since)])
        return Begun(since, at, warm, ends, where)

    def _note(self, now: float) -> None:
        tasks = self.tasks
        self.outcome.moments.append(
            Moment(
                at=now,
                talking=len(self.calls),
                waiting=len(self.entrance.line.at),
                places=len(tasks.open) * self._plan.slots,
                tasks=tasks.alive,
                desired=self.cloud.autoscaler.desired,
            )
        )
