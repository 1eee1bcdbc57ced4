"""Which tasks take callers. Everything here is counts: slots of a task are interchangeable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def to_the_emptiest(taken: Counts, slots: int, callers: int, random: np.random.Generator) -> Counts:
    """As the load balancer does, each caller to one of the tasks with the fewest calls.

    Args:
        taken: Of each task.
        slots: A task has for them.
        callers: Who come, at most as many as there are free slots.
        random: Chooses among equals.

    Returns:
        How many go to each task. Tasks fill up to one level like vessels, from the bottom.
    """
    below = np.cumsum(np.cumsum(np.bincount(taken, minlength=slots + 1)))
    level = int(np.searchsorted(below, callers, side="right"))
    given = np.maximum(0, level - taken)
    rest = callers - int(given.sum())
    if rest:
        given[random.permutation(np.flatnonzero(taken + given == level))[:rest]] += 1
    return given


def to_whoever_asks(
    taken: Counts, slots: int, spare: int, callers: int, random: np.random.Generator
) -> Counts:
    """As the queue does: to any of the idle processes that wait for a job.

    Args:
        taken: Of each task.
        slots: A task has for them.
        spare: Idle processes that a task keeps, as long as it has room.
        callers: Who come, at most as many as there are free slots.
        random: Chooses.

    Returns:
        How many go to each task.

    Raises:
        ValueError: There are fewer free slots than callers.
    """
    given = np.zeros_like(taken)
    while callers:
        idle = np.minimum(slots - taken - given, spare)
        served = min(callers, int(idle.sum()))
        if not served:
            raise ValueError(f"{callers} callers more than there are slots")
        given += random.multivariate_hypergeometric(idle, served, method="marginals")
        callers -= served
    return given
