"""A caller on a pipeline with the real service, an emulator behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from nova_sonic_emulator import Emulator, Scenario
from services.bot.nova import NovaSettings
from tests.bot.nova.caller import Caller
from tests.trust import CA_DIR

KEY_ID, SECRET = "AKIDTESTS", "secret-of-the-tests"

StartEmulator = Callable[..., Awaitable[Emulator]]
Dial = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def start_emulator() -> AsyncIterator[StartEmulator]:
    """Starts an emulator with a scenario's parts; it sends audio as fast as it can."""
    async with AsyncExitStack() as resources:

        async def start(**parts: Any) -> Emulator:  # noqa: ANN401 - tables of a scenario file
            scenario = Scenario.model_validate({"pace": {"lead_ms": 60_000}, **parts})
            emulator = Emulator(scenario=scenario, credentials={KEY_ID: SECRET}, ca_dir=CA_DIR)
            return await resources.enter_async_context(emulator)

        yield start


@pytest.fixture
async def dial(start_emulator: StartEmulator) -> AsyncIterator[Dial]:
    """Starts a call with an emulator, or with whatever is at a URL."""
    callers: list[Caller] = []

    async def start(
        to: Emulator | str,
        *,
        history: list[dict[str, str]] | None = None,
        playing_speed: float = 10.0,
        served: bool = True,
        **settings: Any,  # noqa: ANN401 - fields of NovaSettings
    ) -> Caller:
        made = NovaSettings.model_validate(
            {
                "endpoint_url": to if isinstance(to, str) else to.url,
                "access_key_id": KEY_ID,
                "secret_access_key": SECRET,
                "backoff_first_seconds": 0.05,
                **settings,
            }
        )
        caller = Caller(made, history or [], playing_speed)
        callers.append(caller)
        await (caller.dial() if served else caller.come_in())
        return caller

    yield start
    for caller in callers:
        await caller.hang_up()
