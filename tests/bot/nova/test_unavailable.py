"""Where Nova cannot be had the call ends, in time, and the caller is told."""

import asyncio
from pathlib import Path

from pipecat.frames.frames import ErrorFrame

from nova_sonic_emulator import Emulator
from services.bot.nova import AGENT_UNAVAILABLE, CredentialsRefused, Unreachable, Untrusted, tones
from tests.bot.nova.conftest import KEY_ID, SECRET, Dial, StartEmulator
from tests.bot.nova.conversations import tones_of


async def test_a_wrong_key_ends_the_call_with_a_falling_note(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator()
    caller = await dial(emulator, secret_access_key="wrong")
    await caller.until_over()
    assert [frame.audio for frame in tones_of(caller)] == [tones.goodbye()]
    (error,) = caller.before.of(ErrorFrame)
    assert error.error == AGENT_UNAVAILABLE
    assert isinstance(error.exception, CredentialsRefused)
    assert emulator.streams == []


async def test_a_certificate_of_nobody_we_trust_ends_the_call(dial: Dial, tmp_path: Path) -> None:
    async with Emulator(credentials={KEY_ID: SECRET}, ca_dir=tmp_path) as emulator:
        caller = await dial(emulator, connect_seconds=1)
        await caller.until_over()
    (error,) = caller.before.of(ErrorFrame)
    assert isinstance(error.exception, Untrusted)


async def test_an_endpoint_that_is_not_there_ends_the_call_after_the_cap(dial: Dial) -> None:
    caller = await dial("https://localhost:9", reconnect_attempts=3)
    await caller.until_over()
    assert caller.states == ["reconnecting"]
    (error,) = caller.before.of(ErrorFrame)
    assert error.error == AGENT_UNAVAILABLE
    assert isinstance(error.exception, Unreachable)


async def test_hanging_up_never_waits_for_a_dead_endpoint(dial: Dial) -> None:
    accepted, gone = asyncio.Event(), asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await gone.wait()
        writer.close()

    async with await asyncio.start_server(never_answer, "127.0.0.1", 0) as server:
        caller = await dial(f"https://localhost:{server.sockets[0].getsockname()[1]}")
        await accepted.wait()
        async with asyncio.timeout(5):
            await caller.hang_up()
        gone.set()


async def test_a_stream_that_opens_and_dies_again_and_again_is_given_up(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(fault=[{"kind": "reset", "on_input": "audioInput"}])
    caller = await dial(emulator, reconnect_attempts=4)
    await caller.until_over()
    assert len(emulator.streams) == 5


async def test_a_setup_that_nova_refuses_is_not_sent_again(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(models={"available": ["another-model"]})
    caller = await dial(emulator)
    await caller.until_over()
    assert "reconnecting" not in caller.states
    assert caller.before.of(ErrorFrame)[0].error == AGENT_UNAVAILABLE
