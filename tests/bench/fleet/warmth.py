"""Calls that come to a task faster than it warms processes for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.bench.fleet.demand import Floats


def once_warm(
    begun: Floats, task: NDArray[np.int64], *, spare: int, warming_seconds: float
) -> Floats:
    """When calls really begin, if a process has to be warm first.

    Each of a task's `spare` processes is replaced after `warming_seconds`; so the n-th of its calls
    can begin no sooner than that long after the (n - spare)-th.

    Args:
        begun: When each call had a slot.
        task: Where.
        spare: Warm processes of a task.
        warming_seconds: Until a process that was taken is replaced.
    """
    if not len(begun) or np.bincount(task).max() <= spare:
        return begun
    order = np.lexsort((begun, task))
    tasks, times = task[order], begun[order]
    first = np.searchsorted(tasks, tasks)
    number = np.arange(len(tasks)) - first
    # Every spare-th call of a task is served by the same chain of replacements. The running
    # maximum along each chain must not see the chain before, so chains are moved far apart.
    chain = first * spare + number % spare
    along = np.argsort(chain, kind="stable")
    step = (number // spare * warming_seconds)[along]
    apart = np.unique(chain[along], return_inverse=True)[1] * 1e6
    latest = np.maximum.accumulate(times[along] - step + apart) - apart + step
    warm = np.empty_like(begun)
    warm[order[along]] = latest
    return np.maximum(warm, begun)
