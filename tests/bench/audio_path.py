"""How much later audio arrives because it passes through the bot."""

from __future__ import annotations

from dataclasses import asdict

from tests.bench.figures import LOAD_COLUMN, SPREAD_COLUMNS, Expectation, Figure, Spread, below
from tests.bench.run import Run
from tests.bench.stack import Wiring
from tests.bench.talk import Talk


async def measure(run: Run) -> list[Figure]:
    """Measures both directions, alone and crowded, ours beside Pipecat's own parts."""
    wirings: tuple[Wiring, ...] = ("ours", "stock")
    talks = [(wiring, one) for wiring in wirings for one in await run.talks(wiring)]
    return [
        Figure(
            title="Added latency of the audio path, in ms",
            measured=(
                "Agent to caller: from the emulator's making of an audio event (before its JSON, "
                "HTTP/2 and TLS) to the caller's program having the same place in the speech, for "
                "each 10 ms of speech, which the emulator sends in pieces of 40 ms when a listener "
                "needs them. Caller to agent: from a 20 ms frame of the microphone's at the "
                "caller's socket to the emulator having checked and decoded the whole of it; the "
                "callers are silent, and of silence up to eight frames are sent as one."
            ),
            columns=("", *SPREAD_COLUMNS, LOAD_COLUMN),
            rows=[row for wiring, one in talks for row in _rows(wiring, one)],
            expectations=[
                expectation
                for wiring, one in talks
                if wiring == "ours" and one.kind.protocol == "rtvi"
                for expectation in _expectations(one)
            ],
            notes=[
                *max((one.window.load for _, one in talks), key=lambda load: load.others).caution,
                *run.given_up,
                "Emulator, bot and callers are processes of one machine and share its cores.",
                "The page's microphone frames (20 ms) and its playback buffer come on top, and "
                "8 ms of the echo canceller's while it is at work.",
                *(
                    f"{one.lost} of the callers' frames never arrived ({_name(wiring, one)})"
                    for wiring, one in talks
                    if one.lost
                ),
            ],
            data={
                _name(wiring, one): {
                    "agent_to_caller_ms": asdict(Spread.of(one.out)),
                    "caller_to_agent_ms": asdict(Spread.of(one.inward)),
                    "lost": one.lost,
                    "load": asdict(one.window.load),
                }
                for wiring, one in talks
            },
        )
    ]


def _name(wiring: Wiring, one: Talk) -> str:
    calls = "1 call" if one.kind.sessions == 1 else f"{one.kind.sessions} calls"
    protocol = ", JSON protocol" if one.kind.protocol == "json" else ""
    return f"{wiring}, {calls}{protocol}"


def _rows(wiring: Wiring, one: Talk) -> list[list[str]]:
    name = _name(wiring, one)
    return [
        [f"{name}: agent to caller", *Spread.of(one.out).cells(), str(one.window.load)],
        [f"{name}: caller to agent", *Spread.of(one.inward).cells(), str(one.window.load)],
    ]


#: Callers are silent here, and long silence goes to Nova in pieces of 160 ms: the first of eight
#: frames waits for seven more. Speech does not wait.
_SILENCE_WAITS_MS = 140


def _expectations(one: Talk) -> list[Expectation]:
    out, inward = Spread.of(one.out), Spread.of(one.inward)
    if one.kind.sessions == 1:
        limit = 10 + _SILENCE_WAITS_MS
        return [
            below("1 call, agent to caller: p95 < 10 ms", out.p95, 10, "ms"),
            below(f"1 call, caller's silence to agent: p95 < {limit} ms", inward.p95, limit, "ms"),
        ]
    calls, limit = f"{one.kind.sessions} calls", 20 + _SILENCE_WAITS_MS
    return [
        below(f"{calls}, agent to caller: p99 < 20 ms", out.p99, 20, "ms"),
        below(f"{calls}, caller's silence to agent: p99 < {limit} ms", inward.p99, limit, "ms"),
    ]
