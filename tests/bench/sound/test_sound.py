"""The corpus and the measures, with tiny counts."""

import io

import numpy as np
import pytest

from tests.bench.sound import echo, noises, noisy, picture, words
from tests.bench.sound.rooms import Room, heard
from tests.bench.sound.signals import at_level, at_snr, level_db, speech_level_db
from tests.bench.sound.speech import recorded


@pytest.mark.parametrize("kind", noises.KINDS)
def test_noise_of_every_kind_is_as_long_and_as_loud_as_asked_and_the_same_again(kind: str) -> None:
    made = noises.noise(kind, 1.5, seed=4)
    assert len(made) == 24_000
    assert level_db(made) == pytest.approx(-20, abs=0.1)
    assert np.array_equal(made, noises.noise(kind, 1.5, seed=4))


def test_levels_are_those_of_speech_without_its_pauses() -> None:
    said = recorded("hello").sound
    padded = np.pad(at_level(said, -23), 40_000)
    assert speech_level_db(padded) == pytest.approx(-23, abs=0.5)
    mixed = at_snr(padded, np.ones(len(padded)), 10)
    assert level_db(mixed[:40_000]) == pytest.approx(-33, abs=1)


def test_a_room_returns_an_echo_late_and_as_loud_as_told() -> None:
    sent = np.zeros(16_000)
    sent[:4000] = np.random.default_rng(1).standard_normal(4000) / 10
    came = heard(sent, Room().response(), delay_seconds=0.2, loss_db=10)
    assert not came[:3200].any()
    assert level_db(came) == pytest.approx(level_db(sent) - 10, abs=0.5)


def test_wrong_words_are_counted() -> None:
    assert words.error_percent(["a b c d"], ["a x c"]) == 50
    assert words.error_percent(["one two"], ["1 2"]) == 0
    assert words.error_percent(["hello"], ["one two three"]) == 300


def test_echo_is_measured() -> None:
    figure = echo.cancelled(rooms=1)
    assert {row[0] for row in figure.rows} == {"linear", "soft clipping", "harmonic"}
    assert all(each.met for each in figure.expectations)


def test_noise_is_suppressed() -> None:
    (cuts, said), gain = noisy.in_noise("white", 1, 2)
    assert gain > 3
    assert {len(each) for each in cuts.values()} == {len(said)} == {2}


def test_the_picture_is_drawn() -> None:
    file = io.BytesIO()
    picture.draw().save(file, "PNG")
    assert file.tell() > 10_000
