"""Two tracks on one clock."""

import io
import wave

import numpy as np
import pytest
from numpy.typing import NDArray

from services.bot.recording.announced import has_heard
from services.bot.recording.description import RecordingWanted
from services.bot.recording.tape import Piece, Tape
from services.bot.sound.front_end import FrontEnd
from services.bot.sound.settings import Sound

RATE = 16_000
SECOND = RATE


def ones(seconds: float, value: int = 1000) -> NDArray[np.int16]:
    return np.full(round(seconds * RATE), value, np.int16)


def tracks(piece: Piece) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    with wave.open(io.BytesIO(piece.wav())) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        stereo = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return stereo[:, 0], stereo[:, 1]


def test_each_side_is_where_it_was_heard_and_the_rest_is_silence() -> None:
    tape = Tape(RATE, 5 * SECOND, seconds=10)
    tape.caller(6 * SECOND, ones(1))
    tape.agent(7 * SECOND, ones(2, -2000))
    caller, agent = tracks(tape.take(5 * SECOND))
    assert np.flatnonzero(caller)[[0, -1]].tolist() == [SECOND, 2 * SECOND - 1]
    assert np.flatnonzero(agent)[[0, -1]].tolist() == [2 * SECOND, 4 * SECOND - 1]


def test_pieces_follow_each_other_without_a_gap_or_an_overlap() -> None:
    tape = Tape(RATE, 0, seconds=4)
    sound = np.arange(3 * SECOND, dtype=np.int16)
    for start in range(0, len(sound), 320):
        tape.caller(start, sound[start : start + 320])
    first, _ = tracks(tape.take(SECOND))
    second, _ = tracks(tape.take(SECOND))
    assert np.array_equal(np.concatenate([first, second]), sound[: 2 * SECOND])


def test_small_corrections_of_the_clock_are_not_heard_and_large_ones_are_kept() -> None:
    tape = Tape(RATE, 0, seconds=4)
    tape.caller(0, ones(0.5))
    tape.caller(SECOND // 2 + 80, ones(0.5))
    tape.caller(2 * SECOND, ones(0.5))
    caller, _ = tracks(tape.take(4 * SECOND))
    loud = np.flatnonzero(caller)
    assert len(loud) == round(1.5 * SECOND)
    assert (loud[SECOND - 1], loud[SECOND]) == (SECOND - 1, 2 * SECOND)


def test_what_the_callers_player_threw_away_was_not_heard() -> None:
    tape = Tape(RATE, 0, seconds=4)
    tape.agent(0, ones(2))
    tape.flush(SECOND)
    tape.agent(3 * SECOND, ones(0.5))
    _, agent = tracks(tape.take(4 * SECOND))
    assert np.flatnonzero(agent)[[SECOND - 1, SECOND]].tolist() == [SECOND - 1, 3 * SECOND]


def test_what_comes_too_late_or_when_it_is_full_is_left_out() -> None:
    tape = Tape(RATE, 0, seconds=1)
    tape.take(SECOND // 2)
    tape.caller(0, ones(1))
    tape.caller(5 * SECOND, ones(1))
    caller, _ = tracks(tape.take(SECOND))
    assert np.flatnonzero(caller).tolist() == list(range(SECOND // 2))


def test_the_front_end_puts_both_ends_on_a_tape() -> None:
    now = [100.0]
    front_end = FrontEnd(lambda: now[0])
    front_end.listen_for(Sound(echo_cancelling=False))
    front_end.start(RATE)
    tape = front_end.tape = Tape(RATE, 100 * RATE, seconds=10)
    front_end.far(ones(0.04, 3000).tobytes(), RATE)
    for _ in range(50):
        now[0] += 0.02
        front_end.near(ones(0.02).tobytes())
    front_end.flush()
    caller, agent = tracks(tape.take(2 * SECOND))
    assert np.flatnonzero(agent)[[0, -1]].tolist() == [0, round(0.04 * RATE) - 1]
    # A high-pass is at work: the caller's side is loud from its beginning.
    assert np.flatnonzero(np.abs(caller) > 300)[0] < 0.02 * RATE


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("This call is recorded. Please tell me if you do not want that. Hello!", True),
        ("Hello. This call is recorded, please tell me if you don't want that.", True),
        ("This call is", False),
        ("Hello, this is the order desk. How can I help you?", False),
        ("", False),
    ],
)
def test_an_announcement_counts_when_it_has_been_heard(text: str, heard: bool) -> None:
    assert has_heard(text, RecordingWanted().announcement) is heard
