"""Telling an echo by its words: whatever its delay, however torn, and not a caller."""

import numpy as np
import pytest

from services.bot.sound.far_end import FarEnd
from services.bot.sound.likeness import Likeness
from tests.bench.sound import speech
from tests.bench.sound.acoustic_loop import Loop, hiss
from tests.bench.sound.rooms import Room, heard
from tests.bench.sound.signals import SAMPLE_RATE, Signal, at_level, level_db, to_pcm

SECONDS = 16
FRAME = SAMPLE_RATE // 100


@pytest.fixture(scope="module")
def far() -> Signal:
    return at_level(speech.agent_speech(SECONDS), -20)


@pytest.fixture(scope="module")
def torn(far: Signal) -> Signal:
    """The same from a loudspeaker whose machine is too busy, every second by another delay."""
    pieces = []
    for second in range(SECONDS):
        late = round((0.1 + 0.13 * (second * 5 % 7)) * SAMPLE_RATE)
        start = second * SAMPLE_RATE - late
        piece = np.pad(far, (SAMPLE_RATE, 0))[start + SAMPLE_RATE : start + 2 * SAMPLE_RATE].copy()
        piece[: SAMPLE_RATE // 25] = 0
        pieces.append(piece)
    echo = heard(np.concatenate(pieces), Room().response(), delay_seconds=0, loss_db=12)
    return echo + hiss(len(echo))


def echoes_percent(far: Signal, near: Signal, since: float) -> float:
    """How often what was heard is said to be an echo, where something was heard."""
    ring, likeness, answers = FarEnd(SAMPLE_RATE), Likeness(SAMPLE_RATE), []
    sent = np.frombuffer(to_pcm(far), np.int16)
    came = np.frombuffer(to_pcm(near), np.int16)
    for start in range(0, len(sent), FRAME):
        ring.add(sent[start : start + FRAME], start)
        likeness.hear(came[start : start + FRAME], start + FRAME)
        latest = near[max(0, start - 12 * FRAME) : start + FRAME]
        often = start % (10 * FRAME) == 0
        if often and start > since * SAMPLE_RATE and level_db(latest) > -40:
            answers.append(likeness.is_echo(ring, start + FRAME))
    return 100 * float(np.mean(answers))


def test_an_echo_is_one_at_any_delay(far: Signal) -> None:
    for delay in (0.05, 0.4, 1.3):
        near = heard(far, Room().response(), delay_seconds=delay, loss_db=6)[: len(far)]
        assert echoes_percent(far, near, 3) > 95


def test_torn_sound_is_an_echo_all_the_same(far: Signal, torn: Signal) -> None:
    assert echoes_percent(far, torn[: len(far)], 3) > 80


def test_a_caller_is_no_echo(far: Signal) -> None:
    said = np.concatenate([speech.recorded(name).sound for name in speech.RECORDED])
    caller = at_level(np.resize(said, len(far)), -14)
    assert echoes_percent(far, caller, 3) < 20


def test_what_a_busy_machine_has_torn_does_not_get_through(far: Signal, torn: Signal) -> None:
    after = Loop().run(far, torn[: len(far)])
    whole = after[: len(after) // 480 * 480].reshape(-1, 480)
    audible = [level_db(window) > -45 for window in whole[100:]]
    assert sum(audible) < 40  # of 500; more than 100 without `Likeness`
