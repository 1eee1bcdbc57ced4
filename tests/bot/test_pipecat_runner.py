"""The bot under Pipecat's own runner."""

import asyncio
import os
import socket
import sys

import httpx
import pytest

from nova_sonic_emulator import Emulator
from services.common.sessions import SessionStore
from tests.bot.conftest import BOT, PATIENCE_SECONDS, REPOSITORY, START_SECONDS
from tests.bot.transports.test_webrtc import Peer
from tests.children import end_with_the_tests

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_call_is_served(
    aws: dict[str, str], emulator: Emulator, sessions: SessionStore
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.bot.bot"),
        *("-t", "webrtc", "--host", "127.0.0.1", "--port", str(port)),
        cwd=REPOSITORY,
        env={
            **os.environ,
            **BOT,
            **aws,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.url,
            "SSL_CERT_FILE": str(emulator.ca_file),
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        preexec_fn=end_with_the_tests,
    )
    try:
        await _listens(port)
        peer = Peer(f"http://127.0.0.1:{port}/api/offer")
        await peer.connect()
        peer.is_ready()
        await peer.message("bot-ready")
        await peer.message("bot-stopped-speaking")
        assert peer.loud_frames > 20
        await peer.pc.close()
    finally:
        process.kill()
        await process.wait()


async def _listens(port: int) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(START_SECONDS):
        while True:
            try:
                await client.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE_SECONDS)
                return
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
