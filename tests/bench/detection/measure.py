"""What a detector makes of the corpus, how sure and how dear."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams, VADState

from services.bot.agent import VoiceActivity
from services.bot.voice_activity import START_SECS, PaddedSilero
from tests.bench.detection.corpus import Scene, scenes
from tests.bench.figures import Expectation, Figure, at_least, below, number
from tests.bench.run import Run
from tests.bench.sound.signals import SAMPLE_RATE

_WINDOW_SECONDS = 0.032
_WINDOW_BYTES = 1024
_LATE_SECONDS = 0.3
"""A turn that is open this long after its label's end is still the label's."""

_SILENCE_SECONDS = 20

Hear = Callable[[bytes], VADState]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a detector made of a scene.

    Attributes:
        states: After each window of 32 ms.
        onsets: Seconds from the beginning of each sentence that was found to its detection.
        missed: Sentences that were not found.
        false_alarms: Turns in which nobody spoke.
        seconds: Processor time that it took.
    """

    states: list[VADState]
    onsets: list[float]
    missed: int
    false_alarms: int
    seconds: float


async def measure(run: Run) -> list[Figure]:
    """Measures both on the same sound."""
    run.say("making the corpus")
    corpus = await asyncio.to_thread(scenes, run.scale.sentences)
    run.say("listening")
    ours = [judge(ours_hears(), scene) for scene in corpus]
    stock = [judge(stock_hears(), scene) for scene in corpus]
    return [_decisions(corpus, ours, stock), _cost(corpus)]


def ours_hears() -> Hear:
    """Our detector with an agent's usual parameters."""
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity())
    return detector.hear


def stock_hears() -> Hear:
    """Pipecat's with the same, without the thread it listens in."""
    wanted = VoiceActivity()
    params = VADParams(
        start_secs=START_SECS, stop_secs=wanted.stop_secs, min_volume=wanted.min_volume
    )
    detector = SileroVADAnalyzer(sample_rate=SAMPLE_RATE, params=params)
    detector.set_sample_rate(SAMPLE_RATE)
    return detector._run_analyzer


def judge(hear: Hear, scene: Scene) -> Verdict:
    """Has a detector hear a scene."""
    windows = range(0, len(scene.pcm) - _WINDOW_BYTES + 1, _WINDOW_BYTES)
    began = time.thread_time()
    states = [hear(scene.pcm[start : start + _WINDOW_BYTES]) for start in windows]
    took = time.thread_time() - began
    turns = _turns(states)
    found = [
        [turn for turn in turns if turn[0] < end + _LATE_SECONDS and turn[1] > start]
        for start, end in scene.speech
    ]
    onsets = [
        max(0.0, turns_of[0][0] - start)
        for turns_of, (start, _) in zip(found, scene.speech, strict=True)
        if turns_of
    ]
    known = {turn for turns_of in found for turn in turns_of}
    missed = sum(not turns_of for turns_of in found)
    return Verdict(states, onsets, missed, len(set(turns) - known), took)


def _turns(states: list[VADState]) -> list[tuple[float, float]]:
    """When somebody was taken to speak, in seconds."""
    turns: list[tuple[float, float]] = []
    start: float | None = None
    for number_of, state in enumerate([*states, VADState.QUIET]):
        at = (number_of + 1) * _WINDOW_SECONDS
        if state is VADState.SPEAKING and start is None:
            start = at
        elif state is VADState.QUIET and start is not None:
            turns.append((start, at))
            start = None
    return turns


def agreement(ours: Verdict, stock: Verdict) -> float:
    """The share of windows in which both say the same of whether somebody speaks, in percent."""
    talking = (VADState.SPEAKING, VADState.STOPPING)
    same = [
        (a in talking) == (b in talking) for a, b in zip(ours.states, stock.states, strict=True)
    ]
    return 100 * float(np.mean(same))


def _decisions(corpus: list[Scene], ours: list[Verdict], stock: list[Verdict]) -> Figure:
    rows = [
        [
            scene.name,
            *(f"{number(1000 * _median(a.onsets))} / {number(1000 * _median(b.onsets))}",),
            f"{a.missed} / {b.missed}",
            f"{a.false_alarms} / {b.false_alarms}",
            f"{agreement(a, b):.1f}",
        ]
        for scene, a, b in zip(corpus, ours, stock, strict=True)
    ]
    onset_of, theirs = (
        _median([each for one in of for each in one.onsets]) for of in (ours, stock)
    )
    sentences = sum(len(scene.speech) for scene in corpus)
    missed, misses = (sum(one.missed for one in of) for of in (ours, stock))
    alarms, false = (sum(one.false_alarms for one in of) for of in (ours, stock))
    same = float(np.mean([agreement(a, b) for a, b in zip(ours, stock, strict=True)]))
    rows.append(
        [
            "all",
            f"{number(1000 * onset_of)} / {number(1000 * theirs)}",
            f"{missed} / {misses}",
            f"{alarms} / {false}",
            f"{same:.1f}",
        ]
    )
    return Figure(
        title="Speech detection: ours / Pipecat's Silero",
        measured=(
            f"{sentences} sentences, recorded and synthetic, at -23 dB of full scale in a quiet "
            "room and in noises of two levels. Onset: from the first sound of a sentence to the "
            "detector's word, which both give after 0.2 s of speech, median in ms. Same: windows "
            "of 32 ms in which both say the same of whether somebody speaks, in percent."
        ),
        columns=("surrounding", "onset, ms", "missed", "false alarms", "same, %"),
        rows=rows,
        expectations=[
            at_least("both say the same: 99 % of the time", same, 99, " %"),
            below("onset within one window (32 ms) of Pipecat's", onset_of - theirs, 0.033, "s"),
            Expectation(
                "no more misses and false alarms than Pipecat's",
                f"{missed + alarms} and {misses + false}",
                missed + alarms <= misses + false,
            ),
        ],
        data={
            scene.name: {
                "ours_onsets_s": a.onsets,
                "stock_onsets_s": b.onsets,
                "missed": [a.missed, b.missed],
                "false_alarms": [a.false_alarms, b.false_alarms],
                "same_percent": agreement(a, b),
            }
            for scene, a, b in zip(corpus, ours, stock, strict=True)
        },
    )


def _cost(corpus: list[Scene]) -> Figure:
    """Processor time, on sounds that leave a gate less and less to do."""
    speech = b"".join(
        corpus[0].pcm[int(start * SAMPLE_RATE) * 2 : int(end * SAMPLE_RATE) * 2]
        for start, end in corpus[0].speech
    )
    rng = np.random.default_rng(1)
    room = (rng.standard_normal(_SILENCE_SECONDS * SAMPLE_RATE) * 20).astype("<i2").tobytes()
    sounds = {
        "silence": Scene("silence", bytes(_SILENCE_SECONDS * SAMPLE_RATE * 2), []),
        "a quiet room": Scene("quiet", room, []),
        "speech without pauses": Scene("speech", speech, []),
        "the whole corpus": Scene("corpus", b"".join(scene.pcm for scene in corpus), []),
    }
    spent = {
        name: [1e6 * judge(hear(), sound).seconds / sound.seconds for hear in _BOTH]
        for name, sound in sounds.items()
    }
    return Figure(
        title="Speech detection: processor time",
        measured=(
            "Microseconds of one core for a second of sound; 10,000 are one percent of a core. "
            "Pipecat's without the thread that it hands each piece of sound to."
        ),
        columns=("sound", "ours", "Pipecat's Silero"),
        rows=[[name, *map(number, each)] for name, each in spent.items()],
        expectations=[
            below("silence: under 0.05 % of a core", spent["a quiet room"][0] / 1e4, 0.05, "%")
        ],
        data=dict(spent),
    )


_BOTH = (ours_hears, stock_hears)


def _median(values: list[float]) -> float:
    return float(np.median(values)) if values else float("nan")
