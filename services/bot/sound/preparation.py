"""What the front ends of all calls have in common."""

from services.bot.sound import canceller
from services.bot.sound.high_pass import HighPass
from services.bot.sound.likeness import Likeness
from services.bot.sound.resampler import Resampler


def prepare(near_rate: int, far_rate: int) -> None:
    """Loads WebRTC and computes the filters' tables, 10 ms; before a fork, for all processes.

    Args:
        near_rate: Of what comes from callers, in Hz.
        far_rate: Of what goes to most of them.
    """
    canceller.prepare()
    HighPass(near_rate)
    Likeness(near_rate)
    Resampler(far_rate, near_rate)
