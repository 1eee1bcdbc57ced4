"""A real bot in a process of its own, on a real moto server."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from services.common.sessions import Session, SessionStatus, SessionStore, table_definition
from services.common.settings import CommonSettings

REPOSITORY = Path(__file__).resolve().parents[2]
API_KEY = "the-tests-own-api-key"
START_SECONDS = 60.0
#: Generous: the machine that runs the tests may be busy with other things.
PATIENCE_SECONDS = 30.0

Line = dict[str, Any]


class Bot:
    """`python -m services.bot`, with its log lines kept."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[Line] = []
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())
        self.port = self.admin_port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def web_socket(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    async def line(self, message: str, wanted: Callable[[Line], bool] = lambda _: True) -> Line:
        """Waits for a log line."""

        def found() -> Line | None:
            for line in self.lines:
                if line.get("message") == message and wanted(line):
                    return line
            return None

        async with self._changed, asyncio.timeout(START_SECONDS):
            while (line := found()) is None:
                assert not self._reading.done(), self.lines
                await self._changed.wait()
        return line

    async def slots(self, **wanted: int | bool) -> dict[str, Any]:
        """Waits until `/ready` shows these slots."""
        async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE_SECONDS):
            while True:
                answer = await client.get(f"http://127.0.0.1:{self.admin_port}/ready")
                slots: dict[str, Any] = answer.json()["slots"]
                if all(slots[key] == value for key, value in wanted.items()):
                    return slots
                await asyncio.sleep(0.02)

    def children(self) -> set[int]:
        """Process ids of the session processes."""
        pid = self.process.pid
        return {
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        }

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal and waits for the end."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_SECONDS):
            code = await self.process.wait()
            await self._reading
        return code

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for raw in self.process.stderr:
            text = raw.decode()
            try:
                line = json.loads(text)
            except ValueError:
                line = {"message": text.rstrip()}
            async with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
        async with self._changed:
            self._changed.notify_all()


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something of the operating system's, which tells nobody when it happens."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def until_status(sessions: SessionStore, session_id: str, *wanted: SessionStatus) -> Session:
    """Waits until a session's record has one of some statuses."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            record = await sessions.get(session_id)
            if record is not None and record.status in wanted:
                return record
            await asyncio.sleep(0.02)


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """Where moto listens."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables that lead to moto and to tables of the test's own, also set here."""
    suffix = secrets.token_hex(4)
    environment = {
        "AWS_ENDPOINT_URL_DYNAMODB": moto_url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "SESSIONS_TABLE": f"sessions-{suffix}",
        "ORDERS_TABLE": f"orders-{suffix}",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    database = boto3.client("dynamodb")
    database.create_table(**table_definition(environment["SESSIONS_TABLE"]))
    database.create_table(
        TableName=environment["ORDERS_TABLE"],
        KeySchema=[{"AttributeName": "order_number", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "order_number", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return environment


@pytest.fixture
def sessions(aws: dict[str, str]) -> SessionStore:
    """The session records that the bot uses."""
    return SessionStore.connect(CommonSettings())


@pytest.fixture
def nova() -> dict[str, str]:
    """The variables that lead to Nova Sonic; here nowhere, which no test of this folder minds."""
    return {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "https://localhost:9"}


StartBot = Callable[..., Any]


@pytest.fixture
async def start_bot(aws: dict[str, str], nova: dict[str, str]) -> AsyncIterator[StartBot]:
    """Starts bots; each ends with the test."""
    bots: list[Bot] = []

    async def start(**settings: str) -> Bot:
        environment: Mapping[str, str] = {
            **os.environ,
            **aws,
            **nova,
            "HOST": "127.0.0.1",
            "PORT": "0",
            "ADMIN_PORT": "0",
            "API_KEY": API_KEY,
            "NOVA_AWS_ACCESS_KEY_ID": "AKIDTESTS",
            "NOVA_AWS_SECRET_ACCESS_KEY": "secret-of-the-tests",
            "LOG_FORMAT": "json",
            "DRAIN_SECONDS": "1",
            **settings,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.bot",
            cwd=REPOSITORY,
            env=environment,
            stderr=asyncio.subprocess.PIPE,
        )
        bot = Bot(process)
        bots.append(bot)
        line = await bot.line("bot is listening")
        bot.port, bot.admin_port = line["port"], line["admin_port"]
        return bot

    yield start
    for bot in bots:
        if bot.process.returncode is None:
            bot.process.kill()
        await bot.process.wait()
        await bot._reading
