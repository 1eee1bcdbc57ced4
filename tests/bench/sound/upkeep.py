"""What the front end costs, by how much it delays, and how soon it is well again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from services.bot.sound import Sound
from services.bot.sound.client_sound import ClientSound
from tests.bench.figures import Figure, below, number
from tests.bench.sound import speech
from tests.bench.sound.acoustic_loop import Loop, hiss
from tests.bench.sound.rooms import Room, heard
from tests.bench.sound.signals import SAMPLE_RATE, Signal, at_level, level_db, to_pcm

_AT = 10
_SECONDS = 26
#: Echo is cancelled well where it is quieter by this much.
_WELL_DB = 25.0
_STEP = SAMPLE_RATE // 2


def cost(seconds: float) -> Figure:
    """Measures processor time and delay, by what the front end does."""
    far = at_level(speech.agent_speech(seconds), -20)
    echo = heard(far, Room().response(), delay_seconds=0.15, loss_db=6) + hiss(len(far))
    quiet = hiss(len(far), -60)
    silent = np.zeros(len(far))
    suppress = Sound(noise_suppression=True)
    cases = {
        "the agent speaks: cancelling": (Loop(), far, echo),
        "the agent is silent": (Loop(), silent, quiet),
        "the browser cancels: resting": (
            Loop(client=ClientSound(echo_cancellation=True)),
            far,
            quiet,
        ),
        "cancelling and suppressing": (Loop(suppress), far, echo),
        "switched off": (Loop(Sound(echo_cancelling=False)), far, echo),
    }
    rows, data = [], {}
    for name, (loop, sent, near) in cases.items():
        loop.run(sent, near)
        loop.busy_seconds = 0.0
        loop.run(sent, near)
        percent = 100 * loop.busy_seconds / (len(near) / SAMPLE_RATE)
        delay = 1000 * _delay(loop.front_end.near, SAMPLE_RATE)
        stated = 1000 * loop.front_end.delay_seconds
        rows.append([name, f"{percent:.2f}", number(delay), number(stated)])
        data[name] = {"percent": percent, "delay_ms": delay, "stated_ms": stated}
    talk = (data["the agent speaks: cancelling"], data["the agent is silent"])
    half = sum(each["percent"] for each in talk) / 2
    return Figure(
        title="What the front end costs a call",
        measured=(
            "Processor time for frames of 20 ms, and by how much a caller's sound comes out later."
        ),
        columns=("", "% of a core", "delay, ms", "stated, ms"),
        rows=rows,
        expectations=[below("half of the time cancelling: < 1 % of a core", half, 1, "%")],
        data=data,
    )


def recovery() -> Figure:
    """Measures how long after something bad an echo is cancelled well again."""
    rows, data, longest = [], {}, 0.0
    for name, (near, after, ends) in _troubles().items():
        seconds = _well_again(near, after, ends)
        longest = max(longest, seconds)
        rows.append([name, f"{seconds:.1f}"])
        data[name] = seconds
    return Figure(
        title="Bad sound: seconds until an echo is cancelled again",
        measured=(
            f"The agent talks all the time, and {_AT} s into the call something happens. From its "
            f"end until the echo is quieter by {_WELL_DB:.0f} dB for the next 2 s."
        ),
        columns=("", "s"),
        rows=rows,
        expectations=[below("all within 5 s", longest, 5.01, "s")],
        data=data,
    )


def drifting() -> Figure:
    """Measures what is left where loudspeaker and microphone have clocks of their own."""
    far = at_level(speech.agent_speech(_SECONDS), -20)
    echo = heard(far, Room().response(), delay_seconds=0.15, loss_db=6)
    rows, data = [], {}
    for ppm in (0, 20, 50, 100, 200):
        found: list[float] = []
        for sign in (1, -1):
            at = np.arange(len(echo)) * (1 + sign * ppm * 1e-6)
            near = np.interp(at, np.arange(len(echo)), echo) + hiss(len(echo))
            after = Loop().run(far, near)
            for start in range(4 * SAMPLE_RATE, len(after) - SAMPLE_RATE, SAMPLE_RATE):
                stretch = slice(start, start + SAMPLE_RATE)
                found.append(level_db(near[stretch]) - level_db(after[stretch]))
        low, middle = (float(each) for each in np.percentile(found, (5, 50)))
        rows.append([f"{ppm} ppm", number(middle), number(low)])
        data[f"{ppm} ppm"] = {"median": middle, "p5": low}
    return Figure(
        title="Clocks that differ: echo that is cancelled (ERLE), in dB",
        measured="The microphone's clock is faster or slower than the loudspeaker's, for 22 s.",
        columns=("clocks differ by", "median", "worst of 20"),
        rows=rows,
        data=data,
    )


def _delay(process: Callable[[bytes], bytes], rate: int) -> float:
    """Seconds by which a short click comes out later."""
    rng = np.random.default_rng(2)
    sent = np.concatenate((np.zeros(2 * rate), 0.2 * rng.standard_normal(rate // 2)))
    pcm = process(to_pcm(np.pad(sent, (0, rate))))
    came = np.frombuffer(pcm, "<i2") / 32768
    size = 1 << 17
    product = np.fft.rfft(came, size) * np.conj(np.fft.rfft(sent, size))
    sharp = np.fft.irfft(product / (np.abs(product) + 1e-9), size)
    return int(np.argmax(sharp[: rate // 10])) / rate


def _troubles() -> dict[str, tuple[Signal, Signal, float]]:
    """What the microphone hears, what the front end makes of it, and when the trouble ends."""
    far = at_level(speech.agent_speech(_SECONDS), -20)
    response = Room().response()

    def echo(delay: float) -> Signal:
        return heard(far, response, delay_seconds=delay, loss_db=6) + hiss(len(far))

    def then(first: Signal, second: Signal) -> Signal:
        return np.concatenate((first[: _AT * SAMPLE_RATE], second[_AT * SAMPLE_RATE :]))

    def during(near: Signal, bad: Signal) -> Signal:
        near = near.copy()
        near[_AT * SAMPLE_RATE : _AT * SAMPLE_RATE + len(bad)] = bad
        return near

    near = echo(0.1)
    two = 2 * SAMPLE_RATE
    shout = np.clip(40 * np.tile(speech.recorded("tell_me_a_story").sound, 2)[:two], -1, 1)
    cases = {
        "the echo comes 500 ms later": (then(near, echo(0.6)), Loop(), 0.0),
        "the echo comes 500 ms earlier": (then(echo(0.6), near), Loop(), 0.0),
        "the echo comes 1 s later": (then(near, echo(1.1)), Loop(), 0.0),
        "the loudspeaker is turned up by 12 dB": (then(echo(0.1) / 4, near), Loop(), 0.0),
        "2 s of silence instead of sound": (during(near, np.zeros(two)), Loop(), 2.0),
        "2 s of clipped sound": (during(near, shout), Loop(), 2.0),
        "2 s with a DC offset of a half": (during(near, near[:two] + 0.5), Loop(), 2.0),
        "a network that stalls for 0.6 s": (
            near,
            Loop(network=[0.0] * 500 + [0.6 - 0.02 * step for step in range(30)]),
            0.6,
        ),
        "a path that is 300 ms longer from now on": (
            near,
            Loop(network=[0.0] * 500 + [0.3] * 5000),
            0.0,
        ),
        "frames of 10 s": (near, Loop(frame_seconds=10), 0.0),
    }
    return {
        name: (heard_then, loop.run(far, heard_then), _AT + lasts)
        for name, (heard_then, loop, lasts) in cases.items()
    }


def _well_again(near: Signal, after: Signal, ends: float) -> float:
    start = round(ends * SAMPLE_RATE)
    gains = [
        level_db(near[at : at + _STEP]) - level_db(after[at : at + _STEP])
        for at in range(start, len(after) - _STEP, _STEP)
    ]
    for place in range(len(gains) - 4):
        if min(gains[place : place + 4]) > _WELL_DB:
            return place * _STEP / SAMPLE_RATE
    return float(_SECONDS)
