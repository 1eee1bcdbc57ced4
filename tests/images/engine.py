"""Docker's command line, as far as these tests need it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

#: Names the program; `docker` unless it is set.
PROGRAM = os.environ.get("D", "docker")
_SECONDS = 120


def docker(*arguments: str, check: bool = True) -> str:
    """Run a command; what it wrote to both outputs."""
    done = subprocess.run(
        [PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert not check or done.returncode == 0, f"docker {' '.join(arguments)}:\n{done.stdout}"
    return done.stdout


def inspect(name: str) -> dict[str, Any]:
    """Everything that the engine knows of an image, a container or a network."""
    described: dict[str, Any] = json.loads(docker("inspect", name))[0]
    return described


@dataclass(frozen=True, slots=True)
class Network:
    """A network without a way out, whose first address is this machine's.

    Attributes:
        name: Its name.
        host: This machine's address in it.
    """

    name: str
    host: str


@contextmanager
def network() -> Iterator[Network]:
    """Make a network for a while."""
    name = f"voice-agents-{uuid4().hex[:8]}"
    docker("network", "create", "--internal", name)
    try:
        yield Network(name, inspect(name)["IPAM"]["Config"][0]["Gateway"])
    finally:
        docker("network", "rm", name)


@dataclass(frozen=True, slots=True)
class Container:
    """A container that was started.

    Attributes:
        id: The engine's id of it.
    """

    id: str

    @property
    def address(self) -> str:
        """Its address in its network."""
        (joined,) = inspect(self.id)["NetworkSettings"]["Networks"].values()
        return str(joined["IPAddress"])

    def execute(self, *command: str, check: bool = True) -> str:
        """Run a command in it; what that wrote."""
        return docker("exec", self.id, *command, check=check)

    def logs(self) -> str:
        """What it wrote so far."""
        return docker("logs", self.id)

    def stop(self, seconds: int) -> int:
        """Ask it to end as the engine does, and give its exit status; 137 if it was killed."""
        docker("stop", "--time", str(seconds), self.id)
        return self.exit_status()

    def exit_status(self) -> int:
        """Wait until it has ended by itself; its exit status."""
        return int(docker("wait", self.id))

    def wait_until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something holds; its log is the failure's message."""
        deadline = time.monotonic() + seconds
        while not condition():
            running = inspect(self.id)["State"]["Running"]
            assert running and time.monotonic() < deadline, self.logs()
            time.sleep(0.2)


@contextmanager
def running(
    image: str,
    *command: str,
    joined: Network | None = None,
    environment: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
    files: Mapping[str, Path] | None = None,
) -> Iterator[Container]:
    """Run a container for a while.

    Args:
        image: The image's name.
        command: Instead of the image's own.
        joined: The network that it joins; none at all without.
        environment: Its variables.
        options: More options of `docker create`.
        files: What is copied into it before it starts; the engine may see other files than we do.
    """
    variables = [part for pair in (environment or {}).items() for part in ("-e", "=".join(pair))]
    id = docker(
        *("create", "--network", joined.name if joined else "none"),
        *(*variables, *options, image, *command),
    ).strip()
    try:
        for target, source in (files or {}).items():
            docker("cp", str(source), f"{id}:{target}")
        docker("start", id)
        yield Container(id)
    finally:
        docker("rm", "--force", "--volumes", id)
