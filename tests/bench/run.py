"""One run of the benchmarks: how much is measured, and what several of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.drain.size import Size
from tests.bench.stack import Stack, Wiring
from tests.bench.talk import SCENARIO, Kind, Talk, talk

DRAIN = Size(calls=500, bots=10, deaths=2)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured.

    Attributes:
        talk_seconds: Length of each window of steady talk.
        sessions: Calls at once in the crowded case.
        warm_starts: Calls on a warm process.
        cold_starts: Calls on a new interpreter.
        questions: Questions that are asked.
        connects: Callers who ask for a room on Daily.
        deaths: How often each kind of death is died under a caller.
        drain: How many queued calls simulated bots drain.
        fleet_calls: Calls at once of the fleets that are simulated.
        busy_percents: How full their tasks may be.
        crowd_seconds: Length of each window while a core gets more and more calls.
        our_steps: How many calls it gets, of ours.
        stock_steps: How many calls it gets, of Pipecat's own parts.
        weather_seconds: How long calls are on each bad network.
        sentences: What the speech detectors hear in each surrounding.
        barge_ins: How often a caller interrupts the agent.
        coughs: How often they cough.
        passages: How many passages the folders of documents have that are searched.
        searches: Questions to each of them.
    """

    talk_seconds: float = 10
    sessions: int = 10
    warm_starts: int = 40
    cold_starts: int = 5
    questions: int = 12
    connects: int = 100
    deaths: int = 3
    drain: Size = DRAIN
    fleet_calls: tuple[int, ...] = (10, 100, 1_000, 10_000, 100_000)
    busy_percents: tuple[int, ...] = (30, 40, 50, 60, 70)
    crowd_seconds: float = 6
    our_steps: tuple[int, ...] = (5, 10, 15, 20, 25, 30, 35, 40, 45, 50)
    stock_steps: tuple[int, ...] = (5, 10, 15, 20)
    weather_seconds: float = 14
    sentences: int = 16
    barge_ins: int = 10
    coughs: int = 12
    passages: tuple[int, ...] = (100, 10_000, 100_000)
    searches: int = 2000

    @classmethod
    def quick(cls) -> Scale:
        """Just enough to see that everything works."""
        return cls(
            talk_seconds=1,
            sessions=2,
            warm_starts=2,
            cold_starts=1,
            questions=2,
            connects=3,
            deaths=1,
            drain=Size(calls=30, bots=2, deaths=1),
            fleet_calls=(10, 1_000),
            busy_percents=(40, 60),
            crowd_seconds=2,
            our_steps=(2,),
            stock_steps=(2,),
            weather_seconds=9,
            sentences=2,
            barge_ins=1,
            coughs=1,
            passages=(100,),
            searches=30,
        )


@dataclass(slots=True)
class Run:
    """One run.

    Attributes:
        scale: How much is measured.
        say: Tells whoever waits what happens now.
        chart: Where to draw the fleets, if at all.
        given_up: What could not be measured of Pipecat's own parts, each in a sentence.
    """

    scale: Scale
    say: Callable[[str], None]
    chart: Path | None = None
    given_up: list[str] = field(default_factory=list)
    _talks: dict[Wiring, list[Talk]] = field(default_factory=dict)

    async def talks(self, wiring: Wiring) -> list[Talk]:
        """Steady talk with one bot, measured once a run: alone, then crowded."""
        if wiring not in self._talks:
            self._talks[wiring] = await self._talk(wiring)
        return self._talks[wiring]

    async def _talk(self, wiring: Wiring) -> list[Talk]:
        scale = self.scale
        kinds = [Kind(), Kind(scale.sessions)]
        if wiring == "ours":
            kinds.insert(1, Kind(protocol="json"))
        self.say(f"starting {_NAMES[wiring]}")
        talks: list[Talk] = []
        async with Stack(wiring=wiring, scenario=SCENARIO, sessions=scale.sessions) as stack:
            for kind in kinds:
                calls = "1 call" if kind.sessions == 1 else f"{kind.sessions} calls"
                self.say(f"{calls} in steady talk with {_NAMES[wiring]}, {kind.protocol}")
                try:
                    talks.append(await talk(stack, kind, seconds=scale.talk_seconds))
                except TimeoutError:
                    if wiring == "ours":
                        raise
                    # One process carries so many on a good day, and that is a result, too.
                    self.given_up.append(f"{calls} with {_NAMES[wiring]}: not heard within 30 s")
                    self.say(self.given_up[-1])
        return talks


_NAMES: dict[Wiring, str] = {"ours": "our bot", "stock": "Pipecat's own parts in one process"}
