"""moto's own API, asked in CloudFormation's words."""

import functools
import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StructureShape

_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1}, proxies={})

_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


class NotInTheApiError(Exception):
    """A template has a property that the API knows nothing of."""


@functools.cache
def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    """A client of this process's own moto, which stands in AWS_ENDPOINT_URL."""
    return boto3.client(service, config=_CONFIG)


def call(service: str, operation: str, **parameters: object) -> dict[str, Any]:
    """Calls one operation; what CloudFormation writes otherwise than the API is rewritten.

    Raises:
        NotInTheApiError: A parameter, or a part of one, is none of the operation's.
        ParamValidationError: A value is of a type or size that the API does not take.
        ClientError: moto refuses.
    """
    found = client(service)
    shape = found.meta.service_model.operation_model(operation).input_shape
    fitted = _fit(shape, parameters, f"{service}:{operation}")
    answer: dict[str, Any] = getattr(found, xform_name(operation))(**fitted)
    return answer


def _fit(shape: Shape, value: Any, where: str) -> Any:  # noqa: ANN401 - a template's value
    if isinstance(shape, StructureShape):
        return _fit_structure(shape, value, where)
    if isinstance(shape, ListShape):
        return [_fit(shape.member, item, where) for item in value]
    if isinstance(shape, MapShape):
        pairs = value if isinstance(value, Mapping) else {t["Key"]: t["Value"] for t in value}
        return {key: _fit(shape.value, item, where) for key, item in pairs.items()}
    if shape.type_name in _NUMBERS:
        return _NUMBERS[shape.type_name](value)
    if shape.type_name == "boolean":
        return value if isinstance(value, bool) else value == "true"
    return json.dumps(value, default=str) if isinstance(value, dict) else str(value)


def _fit_structure(shape: StructureShape, value: dict[str, Any], where: str) -> dict[str, Any]:
    """CloudFormation begins every name with a capital; some APIs begin none so."""
    names = {name.lower(): name for name in shape.members}
    fitted = {}
    for key, item in value.items():
        name = names.get(key.lower())
        if name is None:
            raise NotInTheApiError(f"{where} has no {key} among {', '.join(shape.members)}")
        fitted[name] = _fit(shape.members[name], item, f"{where}.{name}")
    return fitted
