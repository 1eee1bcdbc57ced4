"""How CloudFormation in moto learns a type of resource."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.common_models import CloudFormationModel

Properties = dict[str, Any]


@dataclass(kw_only=True)
class Made:
    """A resource that was made; moto writes its type and logical id into it.

    Attributes:
        physical_resource_id: What `Ref` gives.
        attributes: What `Fn::GetAtt` gives, asked for when it is needed.
        undo: Deletes it.
    """

    physical_resource_id: str
    attributes: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    undo: Callable[[], object] = lambda: None

    def get_cfn_attribute(self, name: str) -> Any:  # noqa: ANN401 - a template's value
        """What `Fn::GetAtt` gives for ``name``."""
        return self.attributes[name]()

    def is_created(self) -> bool:
        """Always: the API's call has ended."""
        return True

    def delete(self, account_id: str, region_name: str) -> None:
        """Deletes it, for a stack that is deleted."""
        self.undo()


Make = Callable[[str, Properties], Made]

TAUGHT: dict[str, type[CloudFormationModel]] = {}
"""What `teach` was told, by type; `repairs` has moto look here first."""


def teach(type: str) -> Callable[[Make], Make]:
    """Has resources of ``type`` made by a function, which gets a name and the properties.

    It takes the place of moto's own way, if there is one.
    """

    def register(make: Make) -> Make:
        def create(name: str, resource: dict[str, Any], *_: str, **__: object) -> Made:
            return make(name, dict(resource.get("Properties", {})))

        class Taught(CloudFormationModel):
            has_cfn_attr = staticmethod(lambda attribute: True)
            create_from_cloudformation_json = staticmethod(create)

        TAUGHT[type] = Taught
        return make

    return register


def value_of(content: Any) -> Callable[[], Any]:  # noqa: ANN401 - a template's value
    """An attribute that never changes."""
    return lambda: content
