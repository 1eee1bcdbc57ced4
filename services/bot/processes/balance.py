"""How the places that are left are shared between callers at the door and jobs from the queue."""

from typing import NamedTuple


class Waiting(NamedTuple):
    """How many idle processes there are, or should be."""

    door: int
    queue: int


def wanted(left: int, spare: int, *, pulls: bool) -> Waiting:
    """How many idle processes of each kind there should be.

    A job can wait for another task and a caller on a socket cannot, so the last place, and the odd
    one, is the door's.

    Args:
        left: Places without a call.
        spare: How many idle processes of a kind are enough.
        pulls: Whether there is a queue.
    """
    queue = min(spare, left // 2) if pulls else 0
    return Waiting(door=min(spare, left - queue), queue=queue)
