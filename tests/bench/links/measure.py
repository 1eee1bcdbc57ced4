"""Two calls on each of some bad networks, ours beside Pipecat's own parts."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from tests.bad_link import BadLink, Weather
from tests.bench.capacity import beacons
from tests.bench.capacity.crowd import Crowd
from tests.bench.capacity.step import Recorded, evaluate
from tests.bench.figures import Expectation, Figure, below, number
from tests.bench.links import loss
from tests.bench.run import Run
from tests.bench.stack import Wiring

_STALL_SECONDS = 3.0
_UP, _DOWN = 34_000.0, 50_000.0
"""Bytes a second of the browsers' protocol, from the caller and to the caller."""

_LATEST_SECONDS = 3.0
"""The end of a window, in which a network that has recovered is as it was."""

_OUTAGE_LIMIT_MS = 500.0


@dataclass(frozen=True, slots=True)
class Network:
    """A kind of network.

    Attributes:
        name: For the table.
        weather: How bad it is all the time.
        stall: Whether it stands still once, for 3 s.
    """

    name: str
    weather: Weather
    stall: bool = False


NETWORKS = (
    Network("good", Weather()),
    Network("jitter of 500 ms", Weather(freezes=0.5)),
    Network("a stall of 3 s", Weather(), stall=True),
    Network(
        "30 % too slow", Weather(slowness=0.3, bytes_a_second_up=_UP, bytes_a_second_down=_DOWN)
    ),
)


@dataclass(frozen=True, slots=True)
class Way:
    """How sound did in one direction.

    Attributes:
        typical_ms: Added latency in the median.
        worst_ms: At worst.
        at_last_ms: In the median of the last seconds.
        left_out_seconds: How much never came.
    """

    typical_ms: float
    worst_ms: float
    at_last_ms: float
    left_out_seconds: float

    @classmethod
    def of(cls, arrival: beacons.Arrival, ends: float) -> Way:
        """Sums up what arrived of a window that ended at some time."""
        late = [ms for _, ms in arrival.tones] or [float("inf")]
        last = [ms for at, ms in arrival.tones if at > ends - _LATEST_SECONDS] or [float("inf")]
        left_out = arrival.lost_ms / 1000 + arrival.unheard
        return cls(statistics.median(late), max(late), statistics.median(last), left_out)


async def measure(run: Run) -> list[Figure]:
    """Measures each network with both wirings."""
    wirings: tuple[Wiring, ...] = ("stock", "ours")
    found: dict[tuple[Wiring, str], tuple[Way, Way]] = {}
    for wiring in wirings:
        run.say(f"starting {wiring}")
        async with Crowd(wiring, sessions=4, bot_core=None) as crowd:
            for network in NETWORKS:
                run.say(f"{network.name}, {wiring}")
                found[wiring, network.name] = await _weathered(crowd, network, run)
    return [
        Figure(
            title="Sound on bad networks, over WebSocket",
            measured=(
                "An agent who talks to one caller, and another caller who talks to an agent, each "
                "through a TCP proxy that stands still for up to 500 ms again and again, stands "
                f"still for {_STALL_SECONDS:g} s once, or carries 30 % less than sound needs. "
                "Added latency at each whole second of sound, in ms; at last: in the last "
                f"{_LATEST_SECONDS:g} s of the window. Left out: sound that never came, in s."
            ),
            columns=("", "typical", "worst", "at last", "left out, s"),
            rows=list(_rows(found)),
            expectations=list(_expectations(found)),
            notes=[
                "A stalled network holds some 30 kB besides, as here the proxy does: what is in "
                "it comes late and cannot be taken back.",
                "What is 30 % too slow from the caller comes later and later: there is nothing "
                "newer to go on with. The page leaves out what its own socket does not take.",
            ],
            data={
                f"{wiring}, {name}": {"agent to caller": asdict(out), "caller to agent": asdict(up)}
                for (wiring, name), (out, up) in found.items()
            },
        ),
        loss.figure(),
    ]


async def _weathered(crowd: Crowd, network: Network, run: Run) -> tuple[Way, Way]:
    """Two calls in some weather: agent to caller, and caller to agent."""
    seconds = run.scale.weather_seconds
    async with BadLink(crowd.bot_port) as link:
        async with crowd.calls_through(link.port, 2) as calls:
            await asyncio.sleep(1)
            crowd.record(calls)
            await asyncio.sleep(1)
            begins = time.monotonic()
            link.weather = network.weather
            if network.stall:
                await asyncio.sleep(2)
                link.stall()
                await asyncio.sleep(_STALL_SECONDS)
                link.go_on()
            await asyncio.sleep(max(0.0, begins + seconds - time.monotonic()))
            ends = time.monotonic()
            await asyncio.sleep(2)
            tracks = await crowd.take_tracks(calls)
        link.weather = Weather()
    (listener, talker) = (evaluate(Recorded(tape, track, (begins, ends))) for tape, track in tracks)
    return Way.of(listener[0], ends), Way.of(talker[1], ends)


def _rows(found: dict[tuple[Wiring, str], tuple[Way, Way]]) -> Iterator[list[str]]:
    for place, direction in enumerate(("agent to caller", "caller to agent")):
        for network in NETWORKS:
            for wiring in ("stock", "ours"):
                way = found[wiring, network.name][place]
                cells = (way.typical_ms, way.worst_ms, way.at_last_ms, way.left_out_seconds)
                yield [f"{direction}, {network.name}: {wiring}", *(number(cell) for cell in cells)]


def _expectations(found: dict[tuple[Wiring, str], tuple[Way, Way]]) -> Sequence[Expectation]:
    out, up = found["ours", "a stall of 3 s"]
    text = "after a stall of 3 s, at last: less than 500 ms late"
    return [
        below(f"{text}, agent to caller", out.at_last_ms, _OUTAGE_LIMIT_MS, "ms"),
        below(f"{text}, caller to agent", up.at_last_ms, _OUTAGE_LIMIT_MS, "ms"),
        below(
            "30 % too slow, agent to caller: never 2 s late",
            found["ours", "30 % too slow"][0].worst_ms,
            2000,
            "ms",
        ),
    ]
