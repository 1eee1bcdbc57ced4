"""What a call costs: memory and processor time."""

from __future__ import annotations

import math
import statistics
from dataclasses import asdict

from tests.bench.figures import LOAD_COLUMN, Figure, number
from tests.bench.run import Run
from tests.bench.stack import Wiring
from tests.bench.talk import Talk


async def measure(run: Run) -> list[Figure]:
    """Measures calls in steady talk, ours beside Pipecat's own parts."""
    wirings: tuple[Wiring, ...] = ("ours", "stock")
    talks = [(wiring, one) for wiring in wirings for one in await run.talks(wiring)]
    return [
        Figure(
            title="Memory and processor time of a call",
            measured=(
                "Calls in steady talk: the agent speaks without a pause, microphones are open, "
                "voice activity detection runs. Processor: user and system time of the processes "
                "that serve calls, all threads, over the window. Private memory: what ending the "
                "process would free (smaps_rollup) at the window's end; ours has the supervisor "
                "besides, whatever the number of calls."
            ),
            columns=(
                "",
                "% of a core a call",
                "MB private a call",
                "MB of the supervisor",
                "MB in all, shared once",
                LOAD_COLUMN,
            ),
            rows=[_row(wiring, one) for wiring, one in talks],
            notes=["FACTS.md has, for stock parts in one process: 6.5 % and 75 MB at 10 calls."],
            data={
                f"{wiring}, {one.kind.sessions}, {one.kind.protocol}": {
                    "load": asdict(one.load),
                    "processor_percent": one.processor,
                    "private_mb": [each.private for each in one.memory],
                    "proportional_mb": [each.proportional for each in one.memory],
                    "supervisor_private_mb": one.base and one.base.private,
                    "supervisor_proportional_mb": one.base and one.base.proportional,
                }
                for wiring, one in talks
            },
        )
    ]


def _row(wiring: Wiring, one: Talk) -> list[str]:
    sessions = one.kind.sessions
    private = sum(each.private for each in one.memory)
    total = sum(each.proportional for each in one.memory)
    calls = "1 call" if sessions == 1 else f"{sessions} calls"
    protocol = ", JSON protocol" if one.kind.protocol == "json" else ""
    return [
        f"{wiring}, {calls}{protocol}",
        number(statistics.mean(one.processor)),
        number(private / sessions),
        number(one.base.private if one.base else math.nan),
        number(total + (one.base.proportional if one.base else 0)),
        str(one.load),
    ]
