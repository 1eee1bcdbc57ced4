"""Who gets in when: the arithmetic of a round in which every opening slot is known beforehand."""

from __future__ import annotations

import numpy as np

from tests.bench.fleet.demand import Flags, Floats


def first_come(arrived: Floats, opened: Floats) -> Floats:
    """When those in a line get in, first come, first served.

    Args:
        arrived: When each came, in order.
        opened: When each slot opened, in order.

    Returns:
        When the first of them got in: as many as there are slots. The n-th gets the n-th slot,
        because slots are all alike.
    """
    served = min(len(arrived), len(opened))
    return np.maximum(arrived[:served], opened[:served])


def let_in(arrived: Floats, *opened: Floats) -> Flags:
    """Who of those who do not wait finds a slot on arrival.

    Args:
        arrived: When each came, in order.
        opened: When each slot opened, in order, for every kind of slot that one needs.

    Returns:
        Whether each got in. After the n-th, as many are in as were before and he, but never more
        than the slots that had opened by then; that recursion has a closed form.
    """
    if not len(arrived):
        return np.zeros(0, dtype=bool)
    came = np.arange(1, len(arrived) + 1)
    slots = np.minimum.reduce([np.searchsorted(each, arrived, side="right") for each in opened])
    inside = came + np.minimum(0, np.minimum.accumulate(slots - came))
    return np.diff(inside, prepend=0) > 0
