"""How silence is found in what was heard. No time is asserted."""

import numpy as np

from tests.bench.barge_in.measure import silent_from
from tests.bench.barge_in.page import Heard

STEP = 0.003


def heard(*stretches: tuple[float, float]) -> Heard:
    """A loudspeaker that is audible in these stretches, in seconds, out of three seconds."""
    times = np.arange(0, 3, STEP)
    loud = np.zeros(len(times))
    for begin, end in stretches:
        loud[(times >= begin) & (times < end)] = 0.1
    return np.column_stack([times, loud, np.zeros(len(times))])


def test_silence_begins_where_the_agent_stops() -> None:
    assert abs(silent_from(heard((0, 1.2)), 1.0) - 1.2) < 2 * STEP


def test_a_gap_between_words_is_no_silence() -> None:
    assert abs(silent_from(heard((0, 1.05), (1.2, 1.5)), 1.0) - 1.5) < 2 * STEP


def test_what_the_agent_says_next_is_not_counted() -> None:
    assert abs(silent_from(heard((0, 1.2), (2.0, 3)), 1.0) - 1.2) < 2 * STEP


def test_an_agent_that_never_stops_is_not_silent_before_the_end() -> None:
    assert silent_from(heard((0, 3)), 1.0) > 2.9


def test_an_agent_that_paused_anyway_was_silent_from_the_start() -> None:
    assert silent_from(heard((0, 0.5)), 1.0) == 1.0
