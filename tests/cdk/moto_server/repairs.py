"""Where moto reads a template otherwise than CloudFormation does."""

import ipaddress
import itertools
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend

from tests.cdk.moto_server.teaching import TAUGHT

_clean_json = parsing.clean_json
_create = parsing.parse_and_create_resource
_class_of = parsing.resource_class_from_type
_delete_stack = CloudFormationBackend.delete_stack


def repair() -> None:
    """Has moto read templates as the functions below do."""
    parsing.clean_json = clean_json
    parsing.parse_and_create_resource = create_after_what_it_depends_on
    parsing.resource_class_from_type = resource_class_from_type
    parsing.ResourceMap.delete = delete_last_made_first
    CloudFormationBackend.delete_stack = delete_stack


def clean_json(value: Any, resources: Any) -> Any:  # noqa: ANN401 - as moto's own
    """Also knows `Fn::Cidr`, and takes no attribute that is missing for none at all."""
    if isinstance(value, dict) and "Fn::Cidr" in value:
        block, count, bits = (clean_json(part, resources) for part in value["Fn::Cidr"])
        network = ipaddress.ip_network(block)
        parts = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        return [str(part) for part in itertools.islice(parts, int(count))]
    cleaned = _clean_json(value, resources)
    if cleaned is None and isinstance(value, dict) and "Fn::GetAtt" in value:
        raise ValidationError(message=f"moto does not know {value['Fn::GetAtt']}: teach it")
    return cleaned


def create_after_what_it_depends_on(
    logical_id: str,
    resource: dict[str, Any],
    resources: Any,  # noqa: ANN401 - as moto's own
    **where: str,
) -> Any:  # noqa: ANN401 - as moto's own
    """Has `DependsOn` followed; moto does that only where no output needs the resource earlier.

    Raises:
        ValidationError: It cannot be made. Anything else would be a 500, which the command line
            tries again and then tells of a stack that exists already.
    """
    named = resource.get("DependsOn", [])
    for other in [named] if isinstance(named, str) else named:
        resources[other]
    try:
        return _create(logical_id, resource, resources, **where)
    except ValidationError:
        raise
    except Exception as error:
        raise ValidationError(message=f"{logical_id}, {resource['Type']}: {error!r}") from error


def resource_class_from_type(type: str) -> Any:  # noqa: ANN401 - as moto's own
    """Refuses a type that moto does not know and would leave out; nobody would notice."""
    found = TAUGHT.get(type) or _class_of(type)
    if found is None:
        raise ValidationError(message=f"moto does not know {type}: teach it")
    return found


def delete_last_made_first(resources: Any) -> None:  # noqa: ANN401 - as moto's own
    """Deletes once; moto does it in any order and again, until what is left cannot be deleted.

    Raises:
        ValidationError: One cannot be deleted.
    """
    templates = resources._resource_json_map
    for logical_id, made in reversed(list(resources._parsed_resources.items())):
        template = templates.get(logical_id)
        if template is None or template.get("DeletionPolicy") == "Retain":
            continue
        try:
            resources._delete_resource(made, template)
        except Exception as error:
            message = f"{logical_id}, {template['Type']}: {error!r}"
            raise ValidationError(message=message) from error


def delete_stack(backend: CloudFormationBackend, name_or_stack_id: str) -> None:
    """Refuses where the stack is protected, in AWS's words."""
    for stack in backend.stacks.values():
        named = name_or_stack_id in (stack.name, stack.stack_id)
        if named and str(stack.enable_termination_protection).lower() == "true":
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection "
                "is enabled"
            )
    _delete_stack(backend, name_or_stack_id)
