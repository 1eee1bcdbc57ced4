"""A real bot in a process of its own, on a real moto server."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import boto3
import httpx
import pytest
import pytest_asyncio

from local.seed import orders_definition
from nova_sonic_emulator import Emulator, Pace, Scenario
from services.common.sessions import Session, SessionStatus, SessionStore, table_definition
from services.common.settings import CommonSettings
from tests.bot import nursery
from tests.children import end_with_the_tests
from tests.moto_server import moto_server

REPOSITORY = Path(__file__).resolve().parents[2]
API_KEY = "the-tests-own-api-key"
NOVA_KEY_ID = "AKIDTESTS"
NOVA_SECRET = "secret-of-the-tests"
BOT = {
    "HOST": "127.0.0.1",
    "PORT": "0",
    "ADMIN_PORT": "0",
    "API_KEY": API_KEY,
    "NOVA_AWS_ACCESS_KEY_ID": NOVA_KEY_ID,
    "NOVA_AWS_SECRET_ACCESS_KEY": NOVA_SECRET,
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "https://localhost:9",
    "LOG_FORMAT": "json",
    "DRAIN_SECONDS": "1",
    # The machine that runs the tests may be busy, and callers must get in all the same.
    "OVERLOAD_LAG_MS": "0",
    # Calls in quick succession: the processes of those before may still be on their way out.
    "MAX_SESSIONS": "40",
}
START_SECONDS = 180.0
#: Generous: the machine that runs the tests may be busy with other things.
PATIENCE_SECONDS = 60.0

Line = dict[str, Any]


class Process(Protocol):
    """What tests do with a bot's process."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stderr(self) -> asyncio.StreamReader | None: ...
    def send_signal(self, number: int, /) -> None: ...
    def kill(self) -> None: ...
    async def wait(self) -> int: ...


class Bot:
    """`python -m services.bot`, with its log lines kept."""

    def __init__(self, process: Process) -> None:
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

    async def kill(self) -> None:
        """Ends the supervisor without a word and waits until its sessions have followed."""
        if self.process.returncode is None:
            self.process.kill()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.process.wait()
            await self._reading

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
    with moto_server() as url:
        yield url


@pytest.fixture(scope="module")
def aws(moto_url: str) -> Iterator[dict[str, str]]:
    """The variables that lead to moto and to tables of the module's own, also set here."""
    suffix = secrets.token_hex(4)
    environment = {
        "AWS_ENDPOINT_URL_DYNAMODB": moto_url,
        "AWS_ENDPOINT_URL_SQS": moto_url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "SESSIONS_TABLE": f"sessions-{suffix}",
        "ORDERS_TABLE": f"orders-{suffix}",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        _create_tables(environment)
        yield environment


def _create_tables(environment: Mapping[str, str]) -> None:
    database = boto3.client("dynamodb")
    database.create_table(**table_definition(environment["SESSIONS_TABLE"]))
    database.create_table(**orders_definition(environment["ORDERS_TABLE"]))
    order = {
        "order_number": {"S": "4217"},
        "status": {"S": "shipped"},
        "items": {"L": [{"S": "one blue kettle"}]},
        "delivery_date": {"S": "2026-11-23"},
        "carrier": {"S": "Parcel Post"},
        "card_number": {"S": "nobody's business"},
    }
    database.put_item(TableName=environment["ORDERS_TABLE"], Item=order)


@pytest.fixture(scope="module")
def sessions(aws: dict[str, str]) -> SessionStore:
    """The session records that the bot uses."""
    return SessionStore.connect(CommonSettings())


async def launch(
    environment: Mapping[str, str], module: str = "services.bot", folder: Path = REPOSITORY
) -> Bot:
    """Starts a bot and waits until it listens."""
    variables = {**os.environ, **BOT, **environment}
    process: Process
    if folder == REPOSITORY:
        process = await nursery.bear(module, variables)
    else:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module),
            cwd=folder,
            env=variables,
            stderr=asyncio.subprocess.PIPE,
            preexec_fn=end_with_the_tests,
        )
    bot = Bot(process)
    line = await bot.line("bot is listening")
    bot.port, bot.admin_port = line["port"], line["admin_port"]
    return bot


StartBot = Callable[..., Awaitable[Bot]]


@pytest.fixture
async def start_bot(aws: dict[str, str]) -> AsyncIterator[StartBot]:
    """Starts bots without a Nova Sonic; each ends with the test."""
    bots: list[Bot] = []

    async def start(module: str = "services.bot", **settings: str) -> Bot:
        bots.append(await launch({**aws, **settings}, module))
        return bots[-1]

    yield start
    for bot in bots:
        await bot.kill()


BRISK = Scenario(pace=Pace(speed=2.5))
"""For modules that have to listen to all that is said: fixture `scenario`."""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """How a module's Nova Sonic is."""
    return Scenario()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def emulator(scenario: Scenario) -> AsyncIterator[Emulator]:
    """A Nova Sonic that converses."""
    credentials = {NOVA_KEY_ID: NOVA_SECRET}
    async with Emulator(scenario=scenario, credentials=credentials) as emulator:
        yield emulator


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(aws: dict[str, str], emulator: Emulator) -> AsyncIterator[Bot]:
    """One bot for a module's tests, on the emulator."""
    bot = await launch(
        {
            **aws,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.url,
            "SSL_CERT_FILE": str(emulator.ca_file),
        }
    )
    yield bot
    await bot.kill()
