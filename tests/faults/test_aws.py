"""DynamoDB and SQS, when they refuse or do not answer."""

import asyncio
import time
from contextlib import ExitStack

import pytest

from tests.faults.aftermath import remembers, settled
from tests.faults.caller import Caller
from tests.faults.conftest import Measure
from tests.faults.matrix import fault
from tests.faults.world import World

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: The SDK and the writer of turns together try for less.
THROTTLED_SECONDS = 12.0


@fault("dynamodb-throttled")
async def test_a_throttled_table(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.ask_for_the_order()
        with ExitStack() as trouble:
            trouble.enter_context(fleet.aws.trouble("DynamoDB", "throttled"))
            over = time.monotonic() + THROTTLED_SECONDS
            await caller.ask_for_the_number()
            async with Caller(fleet) as late:
                await late.until(lambda: late.phase == "busy")
                await asyncio.sleep(max(0.0, over - time.monotonic()))
                trouble.close()
                await late.until_live()
                measure(late, over)
                await late.hang_up()
        assert caller.connections == 1
        await remembers(fleet, caller)
        await settled(fleet, caller)
