"""The processes of the matrix: moto, the connect server, bots."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from local import probe
from local.part import REPOSITORY, Part
from tests.bot import nursery
from tests.bot.conftest import Bot
from tests.children import end_with_the_tests

_START_SECONDS = 180
#: They would lead to somebody's AWS account, or make every start of Python compile everything anew.
_NOT_INHERITED = ("AWS_", "NOVA_", "DAILY_", "PYTHONDONTWRITEBYTECODE")


def _inherited() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(_NOT_INHERITED)}


@asynccontextmanager
async def moto() -> AsyncIterator[str]:
    """Runs moto, as the local stack does, and tells its URL."""
    (port,) = probe.free_ports(1)
    command = [sys.executable, "-m", "local.aws", "-H", "127.0.0.1", "-p", str(port)]
    url = f"http://127.0.0.1:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    answers = probe.http(f"{url}/moto-api/")
    part = Part("aws", command, _inherited() | keys, url, answers, quiet=True)
    await part.start(lambda *_: None)
    try:
        await part.until_healthy(_START_SECONDS)
        yield url
    finally:
        await part.stop()


def is_gone(bot: Bot) -> bool:
    """Whether neither the process that was started nor any that it forked is left."""
    try:
        os.killpg(bot.process.pid, 0)
    except ProcessLookupError:
        return True
    return False


async def start_server(settings: Mapping[str, str]) -> Bot:
    """Starts a connect server and waits until it listens."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.server"),
        cwd=REPOSITORY,
        env=_inherited() | settings,
        stderr=asyncio.subprocess.PIPE,
        process_group=0,
        preexec_fn=end_with_the_tests,
    )
    server = Bot(process)
    server.port = (await server.line("server listening"))["port"]
    return server


async def start_bot(settings: Mapping[str, str], module: str = "services.bot") -> Bot:
    """Starts a bot and waits until it listens."""
    bot = Bot(await nursery.bear(module, _inherited() | settings, in_group=True))
    line = await bot.line("bot is listening")
    bot.port, bot.admin_port = line["port"], line["admin_port"]
    return bot
