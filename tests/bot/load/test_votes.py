"""Who is slow by themselves, and when all are."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.bot.load.overload import BAD_SECONDS, GOOD_SECONDS, LATE_SECONDS, Load, Overload

LIMIT = 0.06
WELL = Load(0.002, 0.01)
LAGS = Load(0.3, 0.01)
LATE = Load(0.002, 2 * LATE_SECONDS)


def judged(*seconds: list[Load]) -> list[bool]:
    """What holds after each second."""
    overload = Overload(limit=LIMIT)
    return [overload.judge(loads) is None or overload.now for loads in seconds]


def test_most_processes_lag_for_some_seconds_before_that_is_an_overload() -> None:
    bad = [LAGS, LAGS, WELL]
    assert judged(*[bad] * BAD_SECONDS) == [False] * (BAD_SECONDS - 1) + [True]
    assert judged(*[bad] * (BAD_SECONDS - 1), [WELL] * 3, bad) == [False] * (BAD_SECONDS + 1)


def test_a_process_that_blocks_itself_is_outvoted() -> None:
    assert not any(judged(*[[LAGS, WELL, WELL]] * 10))


def test_callers_who_are_late_together_are_an_overload_and_one_alone_is_not() -> None:
    assert any(judged(*[[LATE, LATE, WELL]] * 5))
    assert not any(judged(*[[LATE, WELL, WELL]] * 5))
    assert not any(judged(*[[LATE, Load(0.002)]] * 5))


def test_it_is_over_after_more_good_seconds_and_better_ones() -> None:
    begin = [[LAGS]] * BAD_SECONDS
    nearly = [Load(0.6 * LIMIT)]
    good = [Load(0.4 * LIMIT)]

    assert judged(*begin, *[nearly] * 20)[-1]
    assert judged(*begin, *[good] * (GOOD_SECONDS - 1), nearly, *[good] * (GOOD_SECONDS - 1))[-1]
    assert not judged(*begin, *[good] * GOOD_SECONDS)[-1]


def test_nobody_says_anything() -> None:
    assert not any(judged(*[[]] * 5))


def test_without_a_limit_nothing_is_judged() -> None:
    overload = Overload(limit=0)
    assert not any(overload.judge([LAGS] * 3) for _ in range(10))
    assert overload.lag == LAGS.lag


@given(st.lists(st.sampled_from([[LAGS], [WELL], [Load(0.6 * LIMIT)]]), max_size=60))
def test_it_does_not_flap(seconds: list[list[Load]]) -> None:
    states = judged(*seconds)
    changes = [place for place in range(1, len(states)) if states[place] != states[place - 1]]
    assert all(late - early >= BAD_SECONDS for early, late in itertools.pairwise(changes))
