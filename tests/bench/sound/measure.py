"""`make bench BENCH=sound`: what the front end does to echo, noise and bad sound, and its cost."""

from __future__ import annotations

import asyncio

import numpy as np

from tests.bench.figures import Figure, below, number
from tests.bench.run import Run
from tests.bench.sound import echo, noises, noisy, upkeep, words

_RATIOS_DB = (18.0, 12.0, 6.0)
_NOISES = 4


async def measure(run: Run) -> list[Figure]:
    """Measures everything; nothing of it needs a bot, and time is counted, not waited for."""
    quick = run.scale.talk_seconds < 5
    rooms, noises_each, sentences = (1, 1, 2) if quick else (len(echo.ROOMS), _NOISES, 12)
    run.say("the agent's voice in simulated rooms")
    figures = [await asyncio.to_thread(echo.cancelled, rooms)]
    run.say("callers who speak over the agent")
    figures.append(await _double_talk(_RATIOS_DB[: 1 if quick else None], rooms, sentences))
    run.say("callers in noise")
    figures.append(await _noise(noises.KINDS[: 1 if quick else None], noises_each, sentences))
    run.say("bad sound, and what it all costs")
    figures.append(await asyncio.to_thread(upkeep.recovery))
    figures.append(await asyncio.to_thread(upkeep.drifting))
    figures.append(await asyncio.to_thread(upkeep.cost, 5 if quick else 30))
    return figures


async def _double_talk(ratios: tuple[float, ...], rooms: int, sentences: int) -> Figure:
    rows, data = [], {}
    for ratio in ratios:
        calls = [
            await asyncio.to_thread(echo.over_the_agent, ratio, place, sentences)
            for place in echo.ROOMS[:rooms]
        ]
        errors = await words.error_percents(calls)
        rows.append([f"{ratio:.0f} dB", *(number(error) for error in errors.values())])
        data[f"{ratio:.0f} dB"] = errors
    easy = next(iter(data.values()))
    return Figure(
        title="Double talk: words that the recogniser gets wrong, in %",
        measured=(
            f"{sentences} recorded sentences, spoken while the agent talks in each of {rooms} "
            "rooms, to the emulator's recogniser with the grammar of its script. The microphone's "
            "own noise is at -60 dB."
        ),
        columns=("louder than the echo by", "Pipecat alone", "ours", "and noise suppression"),
        rows=rows,
        expectations=[below("ours, 18 dB louder than the echo: < 30 %", easy["ours"], 30, "%")],
        notes=["More than 100 %: the agent's words are taken for the caller's."],
        data=data,
    )


async def _noise(kinds: tuple[str, ...], each: int, sentences: int) -> Figure:
    rows, data = [], {}
    for kind in kinds:
        found = [
            await asyncio.to_thread(noisy.in_noise, kind, seed, sentences) for seed in range(each)
        ]
        errors = await words.error_percents([call for call, _ in found])
        gain = float(np.mean([gain for _, gain in found]))
        rows.append([kind, number(gain), *(number(error) for error in errors.values())])
        data[kind] = {"gain_db": gain, **errors}
    return Figure(
        title="Noise: gain in dB, and words that the recogniser gets wrong, in %",
        measured=(
            f"{sentences} recorded sentences, {noisy.SNR_DB:.0f} dB louder than the noise, in each "
            f"of {each} noises. Gain: by how much more they stand out with noise suppression."
        ),
        columns=("noise", "gain, dB", "Pipecat alone", "ours", "and noise suppression"),
        rows=rows,
        notes=["Up to ten words in a hundred are chance: so many change when all is 5 ms later."],
        data=data,
    )
