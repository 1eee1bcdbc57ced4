"""Echo: how much of it is cancelled, by loudspeaker, and what of a caller is heard over it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from services.bot.sound import Sound
from tests.bench.figures import Figure, at_least, number
from tests.bench.sound import loudspeakers, speech, words
from tests.bench.sound.acoustic_loop import Loop, hiss
from tests.bench.sound.rooms import Room, heard
from tests.bench.sound.signals import SAMPLE_RATE, Signal, at_level, level_db

_SECONDS = 24
_SETTLED = 4
_FAR_DB = -20.0
_CALLER_DB = -14.0
_MICROPHONE_DB = -60.0
_EVERY = 4.6
_FIRST = 6.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a caller sits.

    Attributes:
        room: The room.
        delay_seconds: Of playback, converters and network.
        loss_db: How much quieter the echo is than what was sent.
    """

    room: Room
    delay_seconds: float
    loss_db: float


ROOMS = (
    Surroundings(Room(), 0.15, 6),
    Surroundings(Room(size=(2.6, 2.2, 2.4), reverberation=0.2), 0.08, 0),
    Surroundings(Room(size=(5.5, 4.5, 2.7), reverberation=0.4), 0.25, 12),
    Surroundings(Room(size=(7.0, 5.0, 3.0), reverberation=0.5), 0.4, 9),
)


def erle(before: Signal, after: Signal) -> list[float]:
    """Echo return loss enhancement of each second, in dB; seconds without an echo are left out."""
    seconds = min(len(before), len(after)) // SAMPLE_RATE
    found = []
    for second in range(seconds):
        stretch = slice(second * SAMPLE_RATE, (second + 1) * SAMPLE_RATE)
        loud = level_db(before[stretch])
        if loud > -50:
            found.append(loud - level_db(after[stretch]))
    return found


def cancelled(rooms: int) -> Figure:
    """Measures the far end alone."""
    rows, expectations, data = [], [], {}
    far = at_level(speech.agent_speech(_SECONDS), _FAR_DB)
    for name, model in loudspeakers.MODELS.items():
        first: list[float] = []
        settled: list[float] = []
        for place in ROOMS[:rooms]:
            near = _echo(model(far), place)
            found = erle(near, Loop().run(far, near))
            first += found[:2]
            settled += found[_SETTLED:]
        low, middle = (float(each) for each in np.percentile(settled, (5, 50)))
        rows.append([name, "0", *(number(each) for each in (np.mean(first), middle, low))])
        wanted = 45 if name == "linear" else 35
        expectations.append(
            at_least(f"ERLE, {name} loudspeaker: at least {wanted} dB", middle, wanted, " dB")
        )
        data[name] = {"first_2_s": float(np.mean(first)), "median": middle, "p5": low}
    return Figure(
        title="Echo that is cancelled (ERLE), in dB",
        measured=(
            f"The agent talks for {_SECONDS} s; its loudspeaker stands in {rooms} simulated rooms "
            "(0.2 to 0.5 s of reverberation, delays of 80 to 400 ms, echoes 0 to 12 dB below what "
            "was sent, a microphone's noise of -85 dB). By how much each second is quieter."
        ),
        columns=("loudspeaker", "Pipecat alone", "first 2 s", "then: median", "then: worst of 20"),
        rows=rows,
        expectations=expectations,
        notes=["The soft clipping one distorts by 9 %, the harmonic one adds a third of itself."],
        data=data,
    )


def over_the_agent(ratio_db: float, place: Surroundings, sentences: int) -> words.Call:
    """A caller who speaks while the agent does.

    Args:
        ratio_db: How much louder the caller is than the echo.
        place: Where the loudspeaker stands; how loud the echo is does not matter here.
        sentences: How many of the recordings.

    Returns:
        The utterances as they are raw and after the front end, without and with noise
        suppression, and what was said.
    """
    said = [speech.recorded(name) for name in list(speech.RECORDED)[:sentences]]
    seconds = _FIRST + _EVERY * len(said)
    far = at_level(speech.agent_speech(seconds), _FAR_DB)
    place = replace(place, loss_db=_FAR_DB - _CALLER_DB + ratio_db)
    near = _echo(far, place, _MICROPHONE_DB)
    starts = [round((_FIRST + _EVERY * number) * SAMPLE_RATE) for number in range(len(said))]
    for start, sentence in zip(starts, said, strict=True):
        near[start : start + len(sentence.sound)] += at_level(sentence.sound, _CALLER_DB)
    heard_by = {
        "raw": near,
        "ours": Loop().run(far, near),
        "suppressed": Loop(Sound(noise_suppression=True)).run(far, near),
    }
    return words.call(heard_by, starts, said)


def _echo(sound: Signal, place: Surroundings, hiss_db: float = -85.0) -> Signal:
    echo = heard(
        sound, place.room.response(), delay_seconds=place.delay_seconds, loss_db=place.loss_db
    )
    return echo + hiss(len(echo), hiss_db)
