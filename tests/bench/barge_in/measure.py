"""How soon the agent falls silent for a caller, and whether it goes on after a cough."""

from __future__ import annotations

import asyncio
import random
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx
import numpy as np

from tests.bench.barge_in.page import AUDIBLE, Caller, Heard, build, caller_on
from tests.bench.figures import LOAD_COLUMN, SPREAD_COLUMNS, Expectation, Figure, Spread, below
from tests.bench.processes import LoadMeter
from tests.bench.run import Run
from tests.bench.stack import Stack, Wiring
from tests.coughs import cough
from tests.speech import load

#: A Nova Sonic that takes no cough for speech, and that never says that it was interrupted, as is
#: reported of the real one: what is measured is what the bot does by itself.
SCENARIO = "[endpointing]\nonset_ms = 600\n[pace]\nthinking_ms = 0\nannounce_interruption = false\n"
_NAMES: dict[Wiring, str] = {"ours": "ours", "stock": "Pipecat's own parts"}
_SPEECH = 0.01
"""Root mean square of the caller's first sound: -40 dB of full scale."""
_STORY, _SENTENCE = "tell_me_a_story", "wait_stop_please"
_SILENCE_SECONDS = 0.4
_COUGHS_A_STORY = 6
_WATCHED_SECONDS = 2.0


@dataclass(slots=True)
class Found:
    """What one wiring did.

    Attributes:
        silence_ms: From the caller's first sound to silence, each time.
        coughs: How often the caller coughed.
        went_on: How often the agent went on.
        pause_ms: For how long it was silent then, each time that it was.
    """

    silence_ms: list[float] = field(default_factory=list)
    coughs: int = 0
    went_on: int = 0
    pause_ms: list[float] = field(default_factory=list)


async def measure(run: Run) -> list[Figure]:
    """Barges in, and coughs, with our bot and with Pipecat's own parts."""
    found: dict[Wiring, Found] = {}
    meter = LoadMeter()
    with tempfile.TemporaryDirectory(prefix="bench-page-") as folder:
        run.say("building the page")
        built = await build(Path(folder))
        for wiring in ("ours", "stock"):
            run.say(f"starting {_NAMES[wiring]}")
            found[wiring] = await _try(wiring, built, run)
    return [_silence(found, meter), _coughs(found)]


async def _try(wiring: Wiring, built: Path, run: Run) -> Found:
    found = Found()
    async with Stack(wiring=wiring, scenario=SCENARIO, sessions=2) as stack:
        async with httpx.AsyncClient() as client:
            address = await stack.connect(client) if wiring == "ours" else stack.bot_url
        async with caller_on(built, address) as caller:
            await caller.start()
            begun = await caller.until_agent_speaks(0)
            await _wait_for_quiet(caller, begun)
            for number in range(run.scale.barge_ins):
                run.say(f"barge-in {number + 1} of {run.scale.barge_ins}")
                await _barge_in(caller, found, random.Random(number))  # noqa: S311
            for number in range(run.scale.coughs):
                run.say(f"cough {number + 1} of {run.scale.coughs}")
                await _cough(caller, found, number)
    return found


async def _barge_in(caller: Caller, found: Found, chance: random.Random) -> None:
    await _have_a_story(caller)
    await asyncio.sleep(chance.uniform(0.8, 2.0))
    said = await caller.say(load(_SENTENCE))
    heard = await caller.until(said + _WATCHED_SECONDS)
    voice = heard[(heard[:, 0] >= said) & (heard[:, 2] > _SPEECH)]
    onset = float(voice[0, 0])
    found.silence_ms.append((silent_from(heard, onset) - onset) * 1000)
    await _wait_for_quiet(caller, await caller.until_agent_speaks(onset + 1))


async def _cough(caller: Caller, found: Found, seed: int) -> None:
    """Coughs into a story, which is told anew before it ends, and if the agent has stopped."""
    heard = await caller.listen()
    recent = heard[heard[:, 0] > heard[-1, 0] - 0.5]
    if seed % _COUGHS_A_STORY == 0 or not np.any(recent[:, 1] > AUDIBLE):
        await _have_a_story(caller)
    interruptions = await caller.interruptions()
    said = await caller.say(cough(seed))
    heard = await caller.until(said + _WATCHED_SECONDS)
    found.coughs += 1
    after = heard[(heard[:, 0] > said) & (heard[:, 0] < said + _WATCHED_SECONDS)]
    audible = after[after[:, 1] > AUDIBLE][:, 0]
    if len(audible) and audible[-1] > said + 1 and await caller.interruptions() == interruptions:
        found.went_on += 1
        gaps = np.diff(np.concatenate([[said], audible]))
        if gaps.max() > 0.25:  # longer than between words
            found.pause_ms.append(float(gaps.max()) * 1000)


async def _have_a_story(caller: Caller) -> None:
    asked = await caller.say(load(_STORY))
    await caller.until_agent_speaks(asked + 1.2)


async def _wait_for_quiet(caller: Caller, since: float) -> None:
    async with asyncio.timeout(40):
        while True:
            heard = await caller.until(since + 0.8)
            recent = heard[heard[:, 0] > heard[-1, 0] - 0.8]
            if not np.any(recent[:, 1] > AUDIBLE):
                return
            since = float(heard[-1, 0]) - 0.7


def silent_from(heard: Heard, onset: float) -> float:
    """When the agent fell silent for a while."""
    audible = heard[(heard[:, 0] >= onset - 0.1) & (heard[:, 1] > AUDIBLE)][:, 0]
    gaps = np.flatnonzero(np.diff(audible) > _SILENCE_SECONDS)
    last = audible[gaps[0]] if len(gaps) else audible[-1] if len(audible) else onset
    return max(float(last), onset)


def _silence(found: dict[Wiring, Found], meter: LoadMeter) -> Figure:
    load = meter.read()
    spreads = {wiring: Spread.of(each.silence_ms) for wiring, each in found.items()}
    return Figure(
        title="From a caller's first sound to silence in the page, in ms",
        measured=(
            "A caller says “wait, stop, please” while the agent tells a story, in Chromium, over a "
            "WebSocket. From the first sound above -40 dB at the page's microphone to the last "
            "audible one that leaves for its loudspeaker, both on the clock of the page's audio. "
            "The emulator never says that it was interrupted: the bot is on its own."
        ),
        columns=("", *SPREAD_COLUMNS),
        rows=[[_NAMES[wiring], *spread.cells()] for wiring, spread in spreads.items()],
        expectations=[below("ours: p95 < 250 ms", spreads["ours"].p95, 250, "ms")],
        notes=[*load.caution, f"{LOAD_COLUMN} meanwhile: {load}."],
        data={_NAMES[wiring]: each.silence_ms for wiring, each in found.items()}
        | {"load": asdict(load)},
    )


def _coughs(found: dict[Wiring, Found]) -> Figure:
    def share(each: Found) -> float:
        return 100 * each.went_on / max(each.coughs, 1)

    return Figure(
        title="Replies that went on after a cough",
        measured=(
            "Coughs of a quarter to half a second, each another one, while the agent tells a "
            "story. It went on if it spoke within two seconds and was not interrupted. A pause is "
            "longer than those between words."
        ),
        columns=("", "coughs", "went on", "paused", "pause p50, ms"),
        rows=[
            [
                _NAMES[wiring],
                str(each.coughs),
                f"{share(each):.0f} %",
                str(len(each.pause_ms)),
                f"{np.median(each.pause_ms):.0f}" if each.pause_ms else "-",
            ]
            for wiring, each in found.items()
        ],
        expectations=[
            Expectation(
                "ours: every reply goes on",
                f"{share(found['ours']):.0f} %",
                found["ours"].went_on == found["ours"].coughs,
            )
        ],
        data={_NAMES[wiring]: asdict(each) for wiring, each in found.items()},
    )
