"""How late an event loop is."""

from services.bot import pulse
from services.bot.load.overload import EVERY_SECONDS


async def longest_lag() -> float:
    """Measures for as long as the supervisor judges at once; five looks see every lag that lasts.

    Returns:
        By how much the loop woke a task too late at worst, in seconds.
    """
    return max([await pulse.pulse() for _ in range(round(EVERY_SECONDS / pulse.SECONDS))])
