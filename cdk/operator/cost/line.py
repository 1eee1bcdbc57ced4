"""An item of a bill."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """What something costs.

    Attributes:
        item: What it is.
        usd: US dollars, a month or a call.
    """

    item: str
    usd: float


def total(lines: list[Line]) -> float:
    """The sum."""
    return sum(line.usd for line in lines)
