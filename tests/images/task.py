"""A service's container as its synthesised task definition describes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.cdk.templates import Templates
from tests.images.engine import Container, Network, running

SERVICES = ("client", "server", "bot")


def image_of(service: str) -> str:
    """The name that `make images` gives a service's image."""
    return f"voice-agents/{service}:test"


@dataclass(frozen=True, slots=True)
class Task:
    """What of a task definition a Docker engine can do, too.

    Attributes:
        service: Which of the three.
        health_command: What asks in the container whether it is alive.
        port: Where it serves.
        stop_seconds: How long it has after SIGTERM.
        environment: Its variables; what only CloudFormation knows is left out.
        options: Of `docker create`: its user, its rights, its file system.
    """

    service: str
    health_command: tuple[str, ...]
    port: int
    stop_seconds: int
    environment: dict[str, str]
    options: tuple[str, ...]

    @classmethod
    def of(cls, templates: Templates, service: str) -> Self:
        """Read it off the templates."""
        (container,) = templates.one("AWS::ECS::TaskDefinition", service.capitalize())[
            "ContainerDefinitions"
        ]
        kind, *health_command = container["HealthCheck"]["Command"]
        assert kind == "CMD"
        dropped = container["LinuxParameters"]["Capabilities"]["Drop"]
        return cls(
            service=service,
            health_command=tuple(health_command),
            port=container["PortMappings"][0]["ContainerPort"],
            stop_seconds=container["StopTimeout"],
            environment=_literal(container["Environment"]),
            options=(
                *("--user", container["User"]),
                *(["--read-only"] if container["ReadonlyRootFilesystem"] else []),
                *(option for each in dropped for option in ("--cap-drop", each)),
                *("--security-opt", "no-new-privileges"),
                *(
                    option
                    for mount in container["MountPoints"]
                    for option in ("--volume", mount["ContainerPath"])
                ),
            ),
        )

    @contextmanager
    def run(
        self, joined: Network, files: Mapping[str, Path] | None = None, **environment: str
    ) -> Iterator[Container]:
        """Run it until it is healthy, and for a while.

        Args:
            joined: The network that it joins.
            files: What is copied into it before it starts.
            environment: Variables besides its own, or instead of them.
        """
        with running(
            image_of(self.service),
            joined=joined,
            environment=self.environment | environment,
            options=self.options,
            files=files,
        ) as container:
            container.wait_until(lambda: self._is_healthy(container))
            yield container

    def _is_healthy(self, container: Container) -> bool:
        answer = container.execute(
            "sh", "-c", '"$@" && echo healthy', "sh", *self.health_command, check=False
        )
        return answer.strip().endswith("healthy")


def _literal(variables: list[Mapping[str, Any]]) -> dict[str, str]:
    return {v["Name"]: v["Value"] for v in variables if isinstance(v["Value"], str)}
