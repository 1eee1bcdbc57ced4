"""Those who look at something now and then do so at the same moments."""

import asyncio
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bot import pulse as pulses
from services.bot.pulse import SECONDS, pulse


@pytest.fixture(autouse=True)
def never_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulses, "_late", 0.0)


class _Loop(asyncio.SelectorEventLoop):
    """Whose time stands still but for sleeping, which takes as long as it is told to."""

    now = 0.0

    def time(self) -> float:
        return self.now


def _after(begun: float, *, late: float = 0.0) -> tuple[float, float]:
    """When somebody wakes who began to wait then, and the lag they are told."""
    loop = _Loop()
    loop.now = begun

    async def sleep(seconds: float) -> None:
        loop.now += seconds + late

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "sleep", sleep)
        patch.setattr(time, "monotonic", loop.time)
        lag = loop.run_until_complete(pulse())
    loop.close()
    return loop.now, lag


@given(st.floats(0, 10_000), st.floats(0, 10_000))
def test_whoever_waits_wakes_when_the_others_do(one: float, other: float) -> None:
    beats = (_after(one)[0] - _after(other)[0]) / SECONDS
    assert math.isclose(beats, round(beats), abs_tol=1e-6)


@given(st.floats(0, 10_000))
def test_nobody_waits_for_much_more_or_less_than_a_beat(begun: float) -> None:
    waited = _after(begun)[0] - begun
    assert SECONDS / 4 - 1e-6 <= waited <= SECONDS * 5 / 4 + 1e-6


def test_what_a_busy_loop_makes_of_it_is_told() -> None:
    assert _after(12.3)[1] == pytest.approx(0.0, abs=1e-9)
    assert _after(12.3, late=0.07)[1] == pytest.approx(0.07)


def test_a_process_that_often_wakes_late_is_busy_until_it_does_not_any_more() -> None:
    _after(12.3, late=0.01)
    assert not pulses.busy()
    for _ in range(10):
        _after(12.3, late=0.01)
    assert pulses.busy()
    for _ in range(50):
        _after(12.3)
    assert not pulses.busy()
