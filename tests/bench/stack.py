"""The processes around a benchmark: moto, the emulator, the connect server and one kind of bot."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import certifi
import httpx

from local import probe
from local.part import REPOSITORY, Part
from local.seed import seed
from nova_sonic_emulator.cli import SECRET_VARIABLE
from tests.bench.emulator import KEY_ID, StreamTimes

Wiring = Literal["ours", "stock"]
"""`ours`: a forked process a call. `stock`: Pipecat's own parts in one process, as its docs do."""

PINNED = "tests.bench.pinned"
REGION = "us-east-1"
_START_SECONDS = 60
_WAIT_SECONDS = 30
_TABLES = {"SESSIONS_TABLE": "voice-sessions", "ORDERS_TABLE": "voice-orders"}
#: They would lead to somebody's AWS account, or make every start of Python compile everything anew.
_NOT_INHERITED = ("AWS_", "NOVA_", "PYTHONDONTWRITEBYTECODE")


class Stack:
    """The processes of one benchmark, as an async context manager.

    Attributes:
        wiring: Which bot.
        api_key: Of programs that speak the JSON protocol.
        bot_environment: The variables that a bot needs to work with the others.
    """

    def __init__(
        self,
        *,
        wiring: Wiring = "ours",
        scenario: str = "",
        sessions: int = 10,
        nova: str = "tests.bench.emulator",
        on_nova: Callable[[str], None] | None = None,
        bot_core: int | None = None,
        marked: bool = True,
        **bot: str,
    ) -> None:
        """Plans the processes.

        Args:
            wiring: Which bot.
            scenario: The emulator's scenario, as TOML.
            sessions: Calls at once.
            nova: The module that stands in for Nova.
            on_nova: Takes its lines of JSON; the emulator's are `streams` otherwise.
            bot_core: The core that the bot's processes have to share.
            marked: Whether callers' marks have to arrive as they are.
            bot: More variables of the bot.
        """
        self.wiring = wiring
        self.api_key = secrets.token_urlsafe(24)
        self.bot_environment: dict[str, str] = {}
        self._scenario = scenario
        self._nova = nova
        self._on_nova = on_nova or self._keep_stream
        self._bot_core = bot_core
        self._marked = marked
        self._own = {"MAX_SESSIONS": str(sessions + 2), **bot}
        self._ports = probe.free_ports(5)
        self._parts: list[Part] = []
        self._streams: list[StreamTimes] = []
        self._session_pids: list[int] = []
        self._changed = asyncio.Event()
        self._folder = Path()
        self._resources = AsyncExitStack()

    @property
    def bot_url(self) -> str:
        """Where calls come in."""
        return f"ws://127.0.0.1:{self._ports[3]}/ws"

    @property
    def bot_pid(self) -> int:
        """The supervisor's process id, or that of the stock bot."""
        return self._pid("bot")

    @property
    def folder(self) -> Path:
        """Where the stand-in for Nova keeps its files."""
        return self._folder

    @property
    def admin_url(self) -> str:
        """Where `/ready` is asked for."""
        return f"http://127.0.0.1:{self._ports[4]}"

    @property
    def emulator_pid(self) -> int:
        """The emulator's process id."""
        return self._pid("nova")

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as resources:
            folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            self._folder = folder
            resources.push_async_callback(self._stop)
            moto, nova, server, bot, admin = self._ports
            aws_url = f"http://127.0.0.1:{moto}"
            base = plain_environment()
            settings = base | {
                **_TABLES,
                "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "AWS_ENDPOINT_URL_DYNAMODB": aws_url,
                "HOST": "127.0.0.1",
                "API_KEY": self.api_key,
            }
            secret = secrets.token_urlsafe(30)
            scenario = folder / "scenario.toml"
            scenario.write_text(self._scenario)
            await asyncio.gather(
                self._start(_moto(moto, base)),
                self._start(_emulator(self._nova, nova, folder, base | {SECRET_VARIABLE: secret})),
            )
            trust = _trust(folder)
            await asyncio.to_thread(_seed, aws_url)
            self.bot_environment = settings | {
                "PORT": str(bot),
                "ADMIN_PORT": str(admin),
                "NOVA_AWS_ACCESS_KEY_ID": KEY_ID,
                "NOVA_AWS_SECRET_ACCESS_KEY": secret,
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"https://localhost:{nova}",
                "SSL_CERT_FILE": str(trust),
                "DRAIN_SECONDS": "1",
                "OVERLOAD_LAG_MS": "0",
                **self._own,
            }
            await self._start_services(settings, server, bot, admin)
            self._resources = resources.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._resources.__aexit__(kind, error, traceback)

    async def connect(self, client: httpx.AsyncClient) -> str:
        """Posts /connect and gives the WebSocket's address, at the bot as the ALB would lead it."""
        answer = await client.post(
            f"http://127.0.0.1:{self._ports[2]}/connect", json={"transport": "websocket"}
        )
        answer.raise_for_status()
        query = httpx.URL(answer.json()["wsUrl"]).query.decode()
        return f"{self.bot_url}?{query}"

    async def until_idle(self, processes: int) -> None:
        """Waits until so many warm processes wait for a caller."""
        url = f"{self.admin_url}/ready"
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(_WAIT_SECONDS):
            while (await client.get(url)).json()["slots"]["idle"] < processes:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def streams(self, count: int) -> list[StreamTimes]:
        """Waits until so many streams have ended, and hands them over."""
        await self._until(lambda: len(self._streams) >= count)
        ended, self._streams = self._streams, []
        return ended

    async def session_pids(self, count: int) -> list[int]:
        """Waits until so many sessions have begun, and gives their process ids, newest last."""
        await self._until(lambda: len(self._session_pids) >= count)
        return self._session_pids[-count:]

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_WAIT_SECONDS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def _start_services(
        self, settings: Mapping[str, str], server: int, bot: int, admin: int
    ) -> None:
        own = {"PORT": str(server), "CONNECT_AUTH": "none"}
        health = probe.http(f"http://127.0.0.1:{server}/health")
        await asyncio.gather(
            self._start(python_part("server", {**settings, **own}, health, "services.server")),
            self._start_bot(bot, admin),
        )

    async def _start_bot(self, port: int, admin: int) -> None:
        if self.wiring == "stock":
            answers: Callable[[], Awaitable[bool]] = probe.tcp(self.bot_url)
            module = "tests.bench.stock_bot"
        else:
            answers = probe.http(f"http://127.0.0.1:{admin}/ready")
            module = "tests.bench.marked_bot" if self._marked else "services.bot"
        start = [module] if self._bot_core is None else [PINNED, str(self._bot_core), module]
        await self._start(python_part("bot", self.bot_environment, answers, *start))

    async def _start(self, part: Part) -> None:
        self._parts.append(part)
        await part.start(self._read)
        await part.until_healthy(_START_SECONDS)

    def _pid(self, name: str) -> int:
        (pid,) = (part.pid for part in self._parts if part.name == name)
        if pid is None:
            raise RuntimeError(f"{name} does not run")
        return pid

    async def _stop(self) -> None:
        for part in reversed(self._parts):
            await part.stop()

    def _keep_stream(self, line: str) -> None:
        self._streams.append(StreamTimes.model_validate_json(line))

    def _read(self, part: str, line: str) -> None:
        if not line.startswith("{"):
            return
        if part == "nova":
            self._on_nova(line)
        else:
            fields: dict[str, Any] = json.loads(line)
            if part == "bot" and fields.get("message") == "session started":
                self._session_pids.append(fields["pid"])
        self._changed.set()


def _trust(folder: Path) -> Path:
    """A bundle of the usual authorities and the emulator's."""
    bundle = folder / "trust.pem"
    own = (folder / "ca.pem").read_bytes()
    bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + own)
    return bundle


def plain_environment() -> dict[str, str]:
    """Our own variables, but those that would spoil a measurement or lead to somebody's account."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_INHERITED)}
    path = os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "local/emulator")))
    return kept | {"PYTHONPATH": path}


def python_part(
    name: str, environment: Mapping[str, str], answers: probe.Probe, *module: str
) -> Part:
    """A process of our own Python."""
    return Part(name, [sys.executable, "-m", *module], environment, "its port", answers)


def _moto(port: int, base: Mapping[str, str]) -> Part:
    answers = probe.http(f"http://127.0.0.1:{port}/moto-api/")
    return python_part("aws", base, answers, "moto.server", "-H", "127.0.0.1", "-p", str(port))


def _emulator(module: str, port: int, folder: Path, environment: Mapping[str, str]) -> Part:
    arguments = ("--port", str(port), "--ca-dir", str(folder))
    scenario = ("--scenario", str(folder / "scenario.toml"))
    answers = probe.tcp(f"https://localhost:{port}")
    return python_part("nova", environment, answers, module, *arguments, *scenario)


def _seed(url: str) -> None:
    seed(
        endpoint_url=url,
        region=REGION,
        sessions_table=_TABLES["SESSIONS_TABLE"],
        orders_table=_TABLES["ORDERS_TABLE"],
        parameter_prefix="/bench",
        secrets={},
    )
