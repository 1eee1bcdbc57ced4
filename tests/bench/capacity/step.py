"""What is found out about some calls at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.capacity import beacons
from tests.bench.capacity.callers import FRAME_MS, Tape
from tests.bench.capacity.nova import PIECE_MS, SAMPLE_RATE_IN, SAMPLE_RATE_OUT, Track
from tests.bench.figures import Spread
from tests.bench.processes import Load

LIMIT_MS = 50.0
LATE_MS = 200.0
MOST_LATE = 0.001
FULL_PERCENT = 92.0
"""A core that is busier than this adds latency of its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """So many calls, and how they did.

    Attributes:
        calls: How many.
        out: Added latency from agent to caller, in ms.
        inward: Added latency from caller to agent, in ms.
        late: Part of all sound that came more than 200 ms late or never.
        broken: Calls that did not begin or that ended.
        loop_lag_ms: Of the bot's event loops, as the bot says; nan where nobody does.
        processor_percent: Of a core, for each call.
        private_mb: Of memory, for each call.
        bot_core_percent: How busy the bot's core was.
        others_core_percent: How busy the other one was.
        others_lag_ms: How late the callers' own event loop was, p99.
        load: How busy the machine was, and by whom.
    """

    calls: int
    out: Spread
    inward: Spread
    late: float
    broken: int
    loop_lag_ms: float
    processor_percent: float
    private_mb: float
    bot_core_percent: float
    others_core_percent: float
    others_lag_ms: float
    load: Load

    @property
    def why_not(self) -> str:
        """What is wrong with the calls; nothing if they are as they should be."""
        if self.broken:
            return f"{self.broken} calls broken"
        if self.late > MOST_LATE:
            return "late audio"
        if max(self.out.p99, self.inward.p99) >= LIMIT_MS:
            return "p99 too high"
        return ""

    @property
    def carried(self) -> bool:
        """Whether the core carried them."""
        return not self.why_not

    @property
    def others_full(self) -> bool:
        """Whether the stand-ins' core had nothing left."""
        return self.others_core_percent > FULL_PERCENT


@dataclass(frozen=True, slots=True)
class Recorded:
    """One call in a window.

    Attributes:
        tape: What the caller noted.
        track: The file with what the model's stand-in noted.
        window: From when to when sound was sent that counts.
    """

    tape: Tape
    track: Path
    window: tuple[float, float]


def evaluate(recorded: Recorded) -> tuple[beacons.Arrival, beacons.Arrival]:
    """One call's two directions: agent to caller, caller to agent.

    Only the one who talks is followed: while the agent does, an echo canceller takes the tones out
    of the caller's open microphone.
    """
    track, tape = Track.read(recorded.track), recorded.tape
    if track.spoke:
        tape = Tape([], tape.received)
    out = beacons.compare(
        track.spoke,
        tape.heard(),
        piece_ms=PIECE_MS,
        sample_rate=SAMPLE_RATE_OUT,
        window=recorded.window,
    )
    inward = beacons.compare(
        tape.sent,
        track.heard,
        piece_ms=FRAME_MS,
        sample_rate=SAMPLE_RATE_IN,
        window=recorded.window,
    )
    return out, inward


def spread(samples: Sequence[float]) -> Spread:
    """The spread of latencies; endless ones where nothing arrived."""
    return Spread.of(samples) if samples else Spread(0, *[math.inf] * 4)


def late_part(arrivals: Sequence[beacons.Arrival]) -> float:
    """The part of all sound that came late or never."""
    came = sum(len(each.ms) for each in arrivals)
    late = sum(ms > LATE_MS for each in arrivals for ms in each.ms)
    never = sum(each.lost_ms / 10 + 100 * each.unheard for each in arrivals)
    return (late + never) / (came + never) if came else 1.0
