"""More and more calls on one core, ours beside Pipecat's own parts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from tests.bench.capacity.crowd import Crowd
from tests.bench.capacity.step import Step
from tests.bench.figures import Expectation, Figure, at_least, below, number
from tests.bench.run import Run
from tests.bench.stack import Wiring

_BOT_CORE, _OTHERS_CORE = 0, 1
_CPU_PERCENT = 3.0
_MEMORY_MB = 40.0
_EXPECTED = 30

_NAMES: dict[Wiring, str] = {"ours": "our bot", "stock": "Pipecat's own parts in one process"}


async def measure(run: Run) -> list[Figure]:
    """Ramps both wirings up until sound is late."""
    if (os.cpu_count() or 1) < 2:
        run.say("capacity needs two cores: one for the bot, one for everybody else")
        return []
    with _on_the_others_core():
        steps = {
            "stock": await _ramp(run, "stock", run.scale.stock_steps),
            "ours": await _ramp(run, "ours", run.scale.our_steps),
        }
    carried = {wiring: _carried(each) for wiring, each in steps.items()}
    return [
        Figure(
            title="Calls that one core carries",
            measured=(
                "Calls are added until sound is late. The bot's processes share one core; callers, "
                "a stand-in for Nova that only keeps the time, moto and the connect server have "
                "the other. Half of the agents talk without a pause into an open microphone's "
                "noise, half of the callers talk while their agent listens; voice activity "
                "detection and whatever else an agent does by default is on. Added latency: from "
                "the sending of each 10 ms of the talkers' sound to its arrival, found by short "
                "tones in it. "
                "Late: more than 200 ms, or left out. A core carries what it carries with p99 "
                "under 50 ms both ways and less than one part in a thousand late, in one of two "
                "windows of 6 s: what others do on the machine looks the same."
            ),
            columns=(
                "",
                "agent to caller p50",
                "p95",
                "p99",
                "caller to agent p50",
                "p95",
                "p99",
                "late, ‰",
                "",
            ),
            rows=[_row(name, step) for name, each in steps.items() for step in each],
            expectations=[
                at_least("calls on a core: at least 30, aim 45", carried["ours"], _EXPECTED, "")
            ],
            notes=[
                *max(
                    (step.load for each in steps.values() for step in each),
                    key=lambda load: load.others,
                ).caution,
                f"A core carried {carried['ours']} calls of ours and {carried['stock']} of stock.",
                *(
                    f"{step.calls} calls ({name}): the others' core was full, so that this is "
                    "not the bot's limit."
                    for name in steps
                    for step in steps[name]
                    if step.others_full
                ),
            ],
            data={name: [asdict(step) for step in each] for name, each in steps.items()},
        ),
        Figure(
            title="What these calls cost",
            measured=(
                "Processor: user and system time of all the bot's processes, the supervisor too, "
                "for each call. Memory: what the end of a call's process would free. Loop lag: as "
                "the bot reports it. The others' lag is in the latencies above."
            ),
            columns=(
                "",
                "% of a core a call",
                "MB private a call",
                "loop lag, ms",
                "bot's core, % busy",
                "others' core, % busy",
                "others' lag p99, ms",
            ),
            rows=[_cost(name, step) for name, each in steps.items() for step in each],
            expectations=_cost_expectations(steps["ours"]),
        ),
    ]


async def _ramp(run: Run, wiring: Wiring, counts: Sequence[int]) -> list[Step]:
    steps: list[Step] = []
    run.say(f"starting {_NAMES[wiring]} on one core")
    async with Crowd(wiring, sessions=max(counts), bot_core=_BOT_CORE) as crowd:
        for calls in counts:
            run.say(f"{calls} calls with {_NAMES[wiring]}")
            step = await crowd.measure(calls, seconds=run.scale.crowd_seconds)
            if not step.carried:
                run.say(f"once more: {step.why_not}")
                step = await crowd.measure(calls, seconds=run.scale.crowd_seconds)
            steps.append(step)
            if not step.carried:
                break
    return steps


@contextmanager
def _on_the_others_core() -> Iterator[None]:
    """Keeps this process, and what it starts, away from the bot's core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {_OTHERS_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _carried(steps: Sequence[Step]) -> int:
    return max((step.calls for step in steps if step.carried), default=0)


def _row(name: str, step: Step) -> list[str]:
    spreads = [step.out, step.inward]
    return [
        f"{name}, {step.calls} calls",
        *(number(value) for each in spreads for value in (each.p50, each.p95, each.p99)),
        number(1000 * step.late),
        "✓" if step.carried else step.why_not,
    ]


def _cost(name: str, step: Step) -> list[str]:
    return [
        f"{name}, {step.calls} calls",
        number(step.processor_percent),
        number(step.private_mb),
        number(step.loop_lag_ms),
        number(step.bot_core_percent),
        number(step.others_core_percent),
        number(step.others_lag_ms),
    ]


def _cost_expectations(ours: Sequence[Step]) -> list[Expectation]:
    last = next((step for step in reversed(ours) if step.carried), ours[0])
    return [
        below("a call: at most 3 % of a core", last.processor_percent, _CPU_PERCENT, "%"),
        below("a call: at most 40 MB of its own", last.private_mb, _MEMORY_MB, "MB"),
    ]
