"""The engine, the task definitions, and stand-ins for AWS that containers reach."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import certifi
import pytest
from moto.server import ThreadedMotoServer
from playwright.sync_api import BrowserType, sync_playwright

from local.seed import seed
from nova_sonic_emulator.cli import SECRET_VARIABLE
from tests.cdk.conftest import assembly, flags, large
from tests.cdk.templates import Templates
from tests.children import end_with_the_tests
from tests.images.engine import Network, network
from tests.images.task import SERVICES, Task

__all__ = ["assembly", "flags", "large"]

REPOSITORY = Path(__file__).parents[2]

_KEY_ID = "AKIDIMAGES0000000000"


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """Whether somebody built the images for these tests."""
    if "IMAGES_BUILT" not in os.environ:
        pytest.skip("`make images` builds the container images and tries them")


@pytest.fixture(scope="session")
def tasks(large: Templates) -> dict[str, Task]:
    return {service: Task.of(large, service) for service in SERVICES}


@pytest.fixture(scope="session")
def joined(built: None) -> Iterator[Network]:
    with network() as made:
        yield made


@pytest.fixture(scope="package")
def browser_type() -> Iterator[BrowserType]:
    with sync_playwright() as playwright:
        yield playwright.chromium


@dataclass(frozen=True, slots=True)
class Backend:
    """The stand-ins for AWS, on this machine's address in the containers' network.

    Attributes:
        api_key: What callers and programs need.
        parameter_prefix: Where the secrets are in Parameter Store's stand-in.
        environment: Variables by which a service finds the stand-ins.
        trust: A file of certificate authorities, the emulator's among them.
    """

    api_key: str
    parameter_prefix: str
    environment: dict[str, str]
    trust: Path


@pytest.fixture(scope="session")
def backend(joined: Network, tasks: dict[str, Task]) -> Iterator[Backend]:
    api_key, secret = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    moto = ThreadedMotoServer(ip_address=joined.host, port=0, verbose=False)
    moto.start()
    with tempfile.TemporaryDirectory() as folder:
        emulator = subprocess.Popen(
            [
                *(sys.executable, "-m", "nova_sonic_emulator", "--host", joined.host),
                *("--ca-dir", folder, "--access-key-id", _KEY_ID),
            ],
            env={
                **os.environ,
                "PYTHONPATH": str(REPOSITORY / "local" / "emulator"),
                SECRET_VARIABLE: secret,
            },
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_the_tests,
        )
        try:
            assert emulator.stdout
            listening = json.loads(emulator.stdout.readline())
            trust = Path(folder) / "trust.pem"
            trust.write_bytes(
                Path(certifi.where()).read_bytes() + Path(listening["ca"]).read_bytes()
            )
            Path(folder).chmod(0o755)
            host, port = moto.get_host_and_port()
            url = f"http://{host}:{port}"
            region = tasks["bot"].environment["AWS_REGION"]
            prefix = tasks["bot"].environment["PARAMETER_PREFIX"]
            seed(
                endpoint_url=url,
                region=region,
                sessions_table="sessions",
                orders_table="orders",
                parameter_prefix=prefix,
                secrets={
                    "API_KEY": api_key,
                    "NOVA_AWS_ACCESS_KEY_ID": _KEY_ID,
                    "NOVA_AWS_SECRET_ACCESS_KEY": secret,
                },
            )
            environment = {
                "AWS_ACCESS_KEY_ID": "stand-in",
                "AWS_SECRET_ACCESS_KEY": "stand-in",
                "AWS_ENDPOINT_URL": url,
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": listening["url"],
                "SESSIONS_TABLE": "sessions",
                "ORDERS_TABLE": "orders",
                "TRANSCRIPTS_BUCKET": "voice-transcripts",
                # Daily's cloud is not here.
                "TRANSPORTS": "websocket",
            }
            yield Backend(api_key, prefix, environment, trust)
        finally:
            emulator.terminate()
            emulator.wait(30)
            moto.stop()
