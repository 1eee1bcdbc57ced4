"""When a stream is reopened, and when no more."""

import pytest

from services.bot.nova import NovaSettings, StreamLost, Throttled
from services.bot.nova.backoff import Backoff


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def backoff(clock: Clock, jitter: float = 1.0, **settings: float) -> Backoff:
    made = NovaSettings.model_validate(settings)
    return Backoff(made, clock=clock, jitter=lambda: jitter)


def test_waits_double_up_to_the_longest() -> None:
    waits = backoff(Clock(), backoff_first_seconds=0.25, backoff_longest_seconds=2)
    delays = [waits.failed(StreamLost("reset")) for _ in range(5)]
    assert delays == [0.25, 0.5, 1.0, 2.0, 2.0]


def test_jitter_is_full() -> None:
    assert backoff(Clock(), jitter=0.0).failed(StreamLost("reset")) == 0.0


def test_it_ends_after_so_many_attempts() -> None:
    waits = backoff(Clock(), reconnect_attempts=2)
    delays = [waits.failed(StreamLost("reset")) for _ in range(3)]
    assert delays[:2] != [None, None]
    assert delays[2] is None


def test_it_ends_after_so_much_time() -> None:
    clock = Clock()
    waits = backoff(clock, reconnect_seconds=30)
    assert waits.failed(StreamLost("reset")) is not None
    clock.now = 30
    assert waits.failed(StreamLost("reset")) is None


def test_a_sound_stream_clears_the_count() -> None:
    clock = Clock()
    waits = backoff(clock, reconnect_attempts=1)
    waits.failed(StreamLost("reset"))
    waits.sound()
    clock.now = 1000
    assert waits.failed(StreamLost("reset")) is not None


@pytest.mark.parametrize("asked", [3.0, 500.0])
def test_the_service_may_ask_for_a_longer_wait_within_the_cap(asked: float) -> None:
    waits = backoff(Clock(), reconnect_seconds=45)
    assert waits.failed(Throttled("slow down", asked)) == min(asked, 45)
