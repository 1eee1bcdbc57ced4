"""What a benchmark found: figures in tables, with what was expected of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

QUANTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Spread:
    """How a measured quantity is spread.

    Attributes:
        count: Of samples.
        p50: Half of the samples are no greater.
        p95: 95 of 100 samples are no greater.
        p99: 99 of 100 samples are no greater.
        highest: The greatest sample.
    """

    count: int
    p50: float
    p95: float
    p99: float
    highest: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """The spread of samples.

        Raises:
            ValueError: There are none, so that whatever should have been measured was not.
        """
        if not samples:
            raise ValueError("nothing was measured")
        p50, p95, p99 = (float(each) for each in np.percentile(samples, QUANTILES))
        return cls(len(samples), p50, p95, p99, float(max(samples)))

    def cells(self) -> list[str]:
        """As the cells of a table's row."""
        values = (self.p50, self.p95, self.p99, self.highest)
        return [*(number(each) for each in values), str(self.count)]


LOAD_COLUMN = "cores busy (others)"
"""How busy the machine was, and how much of it with programs that are not this benchmark's."""

SPREAD_COLUMNS = ("p50", "p95", "p99", "max", "n")


@dataclass(frozen=True, slots=True)
class Expectation:
    """A figure that was promised.

    Attributes:
        text: What was promised.
        measured: What was seen.
        met: Whether that is within it.
    """

    text: str
    measured: str
    met: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """One table of a benchmark.

    Attributes:
        title: Of the table.
        measured: A sentence on what was measured, and how.
        columns: Headings; the first is of the rows' names.
        rows: Cells as text.
        expectations: What was promised.
        notes: What a reader should know besides.
        data: The figures as numbers, for `--json`.
    """

    title: str
    measured: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    expectations: Sequence[Expectation] = ()
    notes: Sequence[str] = ()
    data: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def number(value: float) -> str:
    """Three digits or so, which is more than a benchmark is good for."""
    if math.isnan(value):
        return "-"
    if value and abs(value) < 10:
        return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
    return f"{value:,.0f}"


def below(text: str, value: float, limit: float, unit: str) -> Expectation:
    """An expectation that a value stays below a limit."""
    return Expectation(text, f"{number(value)} {unit}", value < limit)


def at_least(text: str, value: float, limit: float, unit: str) -> Expectation:
    """An expectation that a value reaches a limit."""
    return Expectation(text, f"{number(value)}{unit}", value >= limit)
