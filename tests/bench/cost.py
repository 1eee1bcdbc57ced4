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
                "process would free (smaps_rollup) at the window's end. All calls: what they share "
                "is counted once, the supervisor too. Stand-ins: the emulator and the callers, "
                "which share the cores here and would not on AWS."
            ),
            columns=(
                "",
                "% of a core a call",
                "MB private a call",
                "MB private, supervisor",
                "MB, all calls",
                "stand-ins, % of a core a call",
                LOAD_COLUMN,
            ),
            rows=[_row(wiring, one) for wiring, one in talks],
            notes=[
                *max((one.window.load for _, one in talks), key=lambda load: load.others).caution,
                *run.given_up,
            ],
            data={
                f"{wiring}, {one.kind.sessions}, {one.kind.protocol}": {
                    "load": asdict(one.window.load),
                    "processor_percent": one.window.processor,
                    "stand_ins_percent": one.window.stand_ins,
                    "private_mb": [each.private for each in one.window.memory],
                    "proportional_mb": [each.proportional for each in one.window.memory],
                    "supervisor_private_mb": one.window.base and one.window.base.private,
                    "supervisor_proportional_mb": one.window.base and one.window.base.proportional,
                }
                for wiring, one in talks
            },
        )
    ]


def _row(wiring: Wiring, one: Talk) -> list[str]:
    sessions = one.kind.sessions
    private = sum(each.private for each in one.window.memory)
    total = sum(each.proportional for each in one.window.memory)
    calls = "1 call" if sessions == 1 else f"{sessions} calls"
    protocol = ", JSON protocol" if one.kind.protocol == "json" else ""
    return [
        f"{wiring}, {calls}{protocol}",
        number(statistics.mean(one.window.processor)),
        number(private / sessions),
        number(one.window.base.private if one.window.base else math.nan),
        number(total + (one.window.base.proportional if one.window.base else 0)),
        number(one.window.stand_ins),
        str(one.window.load),
    ]
