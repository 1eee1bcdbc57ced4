"""What Linux tells of processes: memory, processor time, how busy the machine was, and by whom."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_QUIET_PERCENT = 5
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of a process, in MB.

    Attributes:
        private: What its end would free.
        proportional: With its share of what it shares with others.
    """

    private: float
    proportional: float


def memory(pid: int) -> Memory:
    """The memory of a process, from its smaps_rollup."""
    sizes: dict[str, int] = {}
    for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]:
        name, size, *_ = line.split()
        sizes[name] = int(size)
    private = sizes["Private_Clean:"] + sizes["Private_Dirty:"]
    return Memory(private=private / 1024, proportional=sizes["Pss:"] / 1024)


def processor_seconds(pid: int) -> float:
    """User and system time that a process has used, all its threads together."""
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def children(pid: int) -> list[int]:
    """Process ids of a process's children."""
    try:
        tasks = list((_PROC / str(pid) / "task").iterdir())
        return [int(each) for task in tasks for each in (task / "children").read_text().split()]
    except FileNotFoundError:
        return []


def descendants(pid: int) -> list[int]:
    """A process's children, their children and so on."""
    found = children(pid)
    return found + [each for child in found for each in descendants(child)]


def total_seconds(pids: Iterable[int]) -> float:
    """Processor time of those processes that still are."""
    total = 0.0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            total += processor_seconds(pid)
    return total


@dataclass(frozen=True, slots=True)
class Load:
    """How busy the machine was, in percent of all its cores.

    Attributes:
        busy: In all.
        ours: By this benchmark's own processes.
    """

    busy: float
    ours: float

    @property
    def others(self) -> float:
        """By programs that have nothing to do with the benchmark."""
        return max(0.0, self.busy - self.ours)

    @property
    def caution(self) -> list[str]:
        """A note for readers of figures that other programs may have spoiled."""
        if self.others < _QUIET_PERCENT:
            return []
        return [
            f"OTHER PROGRAMS took {self.others:.0f} % of the cores meanwhile: the figures are too "
            "high. Measure again when the machine is quiet."
        ]

    def __str__(self) -> str:
        return f"{self.busy:.0f} % ({self.others:.0f} %)"


class LoadMeter:
    """Measures the load from when it is made."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._idle = idle_seconds()
        self._ours = self._own_seconds()

    def read(self) -> Load:
        """The load since then. Own processes that ended meanwhile count as far as known."""
        available = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        busy = 1 - (idle_seconds() - self._idle) / available
        ours = (self._own_seconds() - self._ours) / available
        return Load(busy=100 * max(0.0, busy), ours=100 * max(0.0, ours))

    @staticmethod
    def _own_seconds() -> float:
        own = os.times()
        return (
            total_seconds((os.getpid(), *descendants(os.getpid())))
            + own.children_user
            + own.children_system
        )


def idle_seconds(core: int | None = None) -> float:
    """Idle time of a core, or of all together, waiting for disks included."""
    line = 0 if core is None else core + 1
    fields = (_PROC / "stat").read_text().splitlines()[line].split()
    return (int(fields[4]) + int(fields[5])) / _TICKS
