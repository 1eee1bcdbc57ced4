"""What holds the agent up, and for how long."""

import numpy as np

from services.bot.barge_in.attention import (
    FALSE_HOLDS,
    FALSE_SECONDS,
    LONGEST_SECONDS,
    PATIENCE_SECONDS,
    QUIET_SECONDS,
    Attention,
)

WINDOW = 0.032
LOUD = (np.sin(np.arange(512)) * 8000).astype(np.int16).tobytes()
FAINT = (np.sin(np.arange(512)) * 80).astype(np.int16).tobytes()


def decisions(attention: Attention, confidences: list[float], sound: bytes = LOUD) -> list[str]:
    """What is decided over windows that follow one another."""
    found: list[str] = []
    for number, confidence in enumerate(confidences):
        now = number * WINDOW
        for decision in (attention.check(now), attention.hear(sound, confidence, now)):
            if decision:
                found.append(decision)
    return found


def windows(seconds: float) -> int:
    return round(seconds / WINDOW) + 2


def test_a_voice_holds_at_its_first_sure_window() -> None:
    attention = Attention()
    assert attention.hear(LOUD, 0.6, 0.0) is None
    assert attention.hear(LOUD, 0.9, WINDOW) == "hold"
    assert attention.holding


def test_what_is_no_voice_or_far_away_does_not_hold() -> None:
    assert decisions(Attention(), [0.7] * 50) == []
    assert decisions(Attention(), [1.0] * 50, FAINT) == []


def test_a_cough_is_followed_by_going_on() -> None:
    assert decisions(Attention(), [0.9, 0.6, 0.5] + [0.1] * windows(QUIET_SECONDS)) == [
        "hold",
        "resume",
    ]


def test_gaps_between_words_are_no_end() -> None:
    word = [0.9] * 5 + [0.1] * 6
    attention = Attention()
    assert decisions(attention, word * 3) == ["hold"]
    assert attention.holding


def test_silence_that_is_left_out_is_silence() -> None:
    attention = Attention()
    attention.hear(LOUD, 0.9, 0.0)
    assert attention.check(QUIET_SECONDS - 0.01) is None
    assert attention.check(QUIET_SECONDS) == "resume"


def test_a_voice_that_nobody_takes_for_the_callers_holds_once_until_it_is_quiet() -> None:
    attention = Attention()
    television = [0.9] * windows(3 * LONGEST_SECONDS)
    assert decisions(attention, television) == ["hold", "resume"]
    later = len(television) * WINDOW + PATIENCE_SECONDS + 1
    assert attention.hear(LOUD, 0.9, later) == "hold"


def test_an_interruption_leaves_nothing_to_resume() -> None:
    attention = Attention()
    attention.hear(LOUD, 0.9, 0.0)
    attention.settle()
    assert attention.check(10.0) is None


def test_whoever_coughs_again_and_again_does_not_hold_any_more_for_a_while() -> None:
    attention = Attention()
    for number in range(FALSE_HOLDS):
        assert attention.hear(LOUD, 0.9, number) == "hold"
        assert attention.check(number + 2 * QUIET_SECONDS) == "resume"
    assert attention.hear(LOUD, 0.9, FALSE_HOLDS) is None
    assert attention.hear(LOUD, 0.9, FALSE_HOLDS + FALSE_SECONDS) == "hold"
