"""What is made before there is a caller."""

from services.bot.nova import transport
from tests.bot.nova.conftest import StartEmulator


async def test_a_prepared_process_makes_no_tls_context_for_its_call(
    start_emulator: StartEmulator,
) -> None:
    emulator = await start_emulator()
    transport.prepare()
    made = transport._context.cache_info().misses

    stream = transport.Transport()
    await stream.connect("localhost", int(emulator.url.rpartition(":")[2]), seconds=10)

    assert transport._context.cache_info().misses == made
    stream.close()
