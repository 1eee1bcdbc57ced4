"""How much is drained, and by how many."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is drained, by how many.

    Attributes:
        calls: On the queue before the first bot comes.
        bots: That come.
        deaths: How many of them die on the way; fewer than three, because a call that outlives two
            bots would not outlive a third.
    """

    calls: int
    bots: int
    deaths: int
