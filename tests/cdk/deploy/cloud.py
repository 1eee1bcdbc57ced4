"""moto as an account, with the commands of the Makefile at hand."""

import functools
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).parents[3]

REGION = "us-east-1"

ZONE_NAME, ZONE_ID = "example.com", "Z0123456789EXAMPLE"
"""Region and hosted zone of the environments' files."""

SECONDS = 120
"""For one command; the longest takes ten."""

Keys = Mapping[str, str]

OPERATOR: Keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
"""Somebody who may do everything."""


@dataclass(frozen=True)
class Cloud:
    """An account.

    Attributes:
        url: Where moto listens.
        assembly: The folder of the cloud assembly.
        home: Where the CDK may keep what it likes to keep.
    """

    url: str
    assembly: Path
    home: Path

    def variables(self, keys: Keys = OPERATOR) -> dict[str, str]:
        """What leads a process to this account, as whoever has ``keys``, and to no other."""
        return {
            **keys,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "localhost,127.0.0.1",
        }

    @property
    def terminal(self) -> dict[str, str]:
        """The environment of the operator's commands; nothing of the tests' own `make` is in it."""
        own = ("AWS_", "CDK_", "MAKE", "MFLAGS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        return {**kept, **self.variables(), "CDK_HOME": str(self.home)}

    def make(self, target: str, *, more: Keys | None = None, **assigned: str) -> tuple[int, str]:
        """Runs a target of the Makefile.

        Args:
            target: Its name.
            more: Further environment variables.
            assigned: The Makefile's own variables.

        Returns:
            The exit status, and everything that was said.
        """
        done = subprocess.run(
            make(target, **assigned),
            cwd=ROOT,
            env={**self.terminal, **(more or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return done.returncode, done.stdout

    def cdk(self, command: str) -> tuple[int, str]:
        """Runs a command of the CDK on both environments, whose templates are made already."""
        return self.make("cdk", ENV="small", RUN=f"{command} {self._app}")

    def deploy(self) -> tuple[int, str]:
        """Deploys both environments; moto's change sets do not tell whether anything changes."""
        more = f"{self._app} --method direct --require-approval never"
        return self.make("deploy", ENV="small", DEPLOY=more)

    @property
    def _app(self) -> str:
        return f"--app {shlex.quote(str(self.assembly))}"

    def client(self, service: str, keys: Keys = OPERATOR) -> Any:  # noqa: ANN401 - boto3's way
        """A client of this account."""
        return _client(self.url, service, **keys)


def make(target: str, **assigned: str) -> list[str]:
    """The command; what it needs is installed, or nobody would run this."""
    return ["make", "-o", "ready", target, *(f"{key}={value}" for key, value in assigned.items())]


@functools.cache
def _client(url: str, service: str, **keys: str) -> Any:  # noqa: ANN401 - boto3's way
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=url,
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
        **{name.lower(): value for name, value in keys.items()},
    )


@contextmanager
def moto() -> Iterator[Iterator[str]]:
    """Runs a moto that knows every type of the templates; its first line is its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cdk.moto_server", ZONE_NAME, ZONE_ID],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield iter(process.stdout or ())
        finally:
            # The end of its input, which `communicate` brings, is its own.
            process.communicate(timeout=SECONDS)
