"""Synthesised templates as plain dictionaries, and how tests find their way in them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Resource = dict[str, Any]


@dataclass(frozen=True)
class Templates:
    """One environment's templates.

    Attributes:
        name: The environment's name.
        stacks: Each stack's template, by the last word of the stack's name.
    """

    name: str
    stacks: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, assembly: Path, name: str) -> "Templates":
        """Reads what was synthesised for environment ``name``."""
        prefix = f"voice-agents-{name}-"
        return cls(
            name,
            {
                path.name.removeprefix(prefix).split(".")[0]: json.loads(path.read_text())
                for path in assembly.glob(f"{prefix}*.template.json")
            },
        )

    def all(self, type: str | None = None) -> dict[str, Resource]:
        """Every resource, or those of one type, by logical id."""
        return {
            id: resource
            for template in self.stacks.values()
            for id, resource in template["Resources"].items()
            if type is None or resource["Type"] == type
        }

    def one(self, type: str, part: str = "") -> dict[str, Any]:
        """The properties of the only resource of a type whose logical id begins with ``part``."""
        found = [r for id, r in self.all(type).items() if id.startswith(part)]
        assert len(found) == 1, f"{len(found)} of {type} {part}"
        properties: dict[str, Any] = found[0]["Properties"]
        return properties

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every statement of every role's and user's policy, with the policy's logical id."""
        for id, resource in self.all().items():
            if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
                for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                    yield id, statement

    def environment(self, service: str) -> dict[str, Any]:
        """What a service's container or function is told."""
        functions = [
            r["Properties"]["Environment"]["Variables"]
            for id, r in self.all("AWS::Lambda::Function").items()
            if id.lower().startswith(service)
        ]
        if functions:
            variables: dict[str, Any] = functions[0]
            return variables
        task = self.one("AWS::ECS::TaskDefinition", service.capitalize())
        return {v["Name"]: v["Value"] for v in task["ContainerDefinitions"][0]["Environment"]}


def as_list(value: Any) -> list[Any]:  # noqa: ANN401 - a template's value
    """A policy's single value as a list of one."""
    return value if isinstance(value, list) else [value]
