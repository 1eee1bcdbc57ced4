"""An environment's templates as one set of resources, whose references can be followed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HASH = 8
"""Letters that the CDK puts behind a logical id to keep it unique."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource.

    Attributes:
        key: Its stack's name and its logical id, with a slash between.
        type: Such as AWS::SQS::Queue.
        properties: As in the template.
    """

    key: str
    type: str
    properties: dict[str, Any]

    @property
    def words(self) -> str:
        """Its logical id as words, first letter large."""
        name = self.key.split("/")[1]
        name = name[:-_HASH] if _is_hash(name[-_HASH:]) else name
        spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
        return spaced[:1].upper() + spaced[1:]


class Architecture:
    """All resources of an environment.

    Attributes:
        resources: By key, in the templates' order.
    """

    def __init__(self, templates: dict[str, dict[str, Any]]) -> None:
        """Takes the templates by their stacks' names."""
        self.resources = {
            f"{stack}/{id}": Resource(f"{stack}/{id}", found["Type"], found.get("Properties", {}))
            for stack, template in templates.items()
            for id, found in template["Resources"].items()
        }
        self._exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    @classmethod
    def read(cls, assembly: Path, prefix: str) -> "Architecture":
        """Reads the templates of the stacks whose names begin with ``prefix``."""
        files = sorted(assembly.glob(f"{prefix}-*.template.json"))
        return cls({file.name.split(".")[0]: json.loads(file.read_text()) for file in files})

    def all(self, *types: str) -> list[Resource]:
        """Every resource of these types."""
        return [found for found in self.resources.values() if found.type in types]

    def named(self, owner: Resource, value: Any) -> list[Resource]:  # noqa: ANN401 - any part
        """The resources that ``value``, a part of ``owner``, refers to, in its own stack or not."""
        stack = owner.key.split("/")[0]
        return [self.resources[key] for key in dict.fromkeys(self._keys(stack, value))]

    def _keys(self, stack: str, value: Any) -> Iterator[str]:  # noqa: ANN401 - any part
        if isinstance(value, list):
            for item in value:
                yield from self._keys(stack, item)
        elif isinstance(value, dict):
            for name, item in value.items():
                if name == "Ref":
                    yield from self._known(stack, item)
                elif name == "Fn::GetAtt":
                    yield from self._known(stack, item[0])
                elif name == "Fn::ImportValue":
                    yield from self._keys(*self._exports[item])
                else:
                    yield from self._keys(stack, item)

    def _known(self, stack: str, id: str) -> Iterator[str]:
        """Nothing for what is no resource: a parameter, or AWS's own such as the Region."""
        if f"{stack}/{id}" in self.resources:
            yield f"{stack}/{id}"


def _is_hash(text: str) -> bool:
    return len(text) == _HASH and all(c in "0123456789ABCDEF" for c in text)
