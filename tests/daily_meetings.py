"""A stand-in for Daily whose rooms can be joined, as fixtures."""

from collections.abc import AsyncIterator, Iterator

import pytest

from services.common.daily import DailyRest
from tests.daily_stand_in import DAILY_KEY, Daily, serve_daily


@pytest.fixture
def daily() -> Iterator[Daily]:
    """A stand-in whose rooms can be joined."""
    with serve_daily(meet=True) as served:
        yield served


@pytest.fixture
async def rest(daily: Daily) -> AsyncIterator[DailyRest]:
    rest = DailyRest(DAILY_KEY, daily.url)
    yield rest
    await rest.close()
