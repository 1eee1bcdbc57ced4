"""How a fleet is set up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Way = Literal["queue", "websocket"]
"""How callers come in: they wait in the queue of jobs, or are told to try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """A policy that keeps a metric at a target.

    Attributes:
        target: Of the metric, in percent.
        out_seconds: The cooldown after tasks were added.
        in_seconds: The cooldown after tasks were removed.
    """

    target: float
    out_seconds: float
    in_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepping:
    """A policy that adds tasks by how many jobs wait.

    Attributes:
        steps: From so many jobs on, so many tasks; rising.
        out_seconds: The cooldown.
    """

    steps: tuple[tuple[int, int], ...]
    out_seconds: float

    def added(self, jobs: int) -> int:
        """How many tasks to add for so many waiting jobs."""
        return max((tasks for least, tasks in self.steps if jobs >= least), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """How a task with calls keeps ECS from stopping it (`services.bot.processes.protection`).

    Attributes:
        stretch_seconds: For so long, and then it
        rest_seconds: rests for so long, in which ECS may choose it.
        handover_seconds: A task that was chosen hands over calls from the queue that last longer;
            those over a WebSocket keep it, as the load balancer waits for them.
    """

    stretch_seconds: float = 1800.0
    rest_seconds: float = 120.0
    handover_seconds: float = 110.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a fleet is set up.

    Attributes:
        way: How callers come in.
        slots: Calls in a task (`bot.sessions_per_task`).
        spare: Warm processes of a task (`bot.spare_sessions`).
        least: Tasks (`bot.min_tasks`).
        most: Tasks (`bot.max_tasks`).
        call_percent: Of a task's processor time that a call takes.
        places: The policy on the share of places that are taken (`bot.busy_percent`).
        processor: The policy on processor time.
        jobs: The policy on waiting jobs, if there is a queue.
        protection: Of tasks with calls from scaling in.
        kept_back: Slots of a task that jobs do not get (`services.bot.processes.balance`).
        warming_seconds: Until a warm process that was taken is replaced.
        limit: Calls at once in the whole fleet, those in line included (`MAX_CALLS`); 0 for none.
        call_seconds: The mean length by which callers above the limit are told when to come back.
        retry_seconds: When a caller comes back who found every slot taken.
        patience_seconds: For how long callers come back.
        round_seconds: Length of a round; no call and no retry may be shorter.
    """

    way: Way
    slots: int
    spare: int
    least: int
    most: int
    call_percent: float
    places: Tracking
    processor: Tracking
    jobs: Stepping | None = None
    protection: Protection = Protection()
    kept_back: int = 0
    warming_seconds: float = 0.3
    limit: int = 0
    call_seconds: float = 180.0
    retry_seconds: float = 5.0
    patience_seconds: float = 300.0
    round_seconds: float = 5.0
