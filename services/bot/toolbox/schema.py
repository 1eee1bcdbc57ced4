"""From a function's hints and docstring, or from anybody's JSON Schema, to what Nova Sonic takes.

Nova Sonic is told a tool's properties and which of them are required, and nothing else: references
to definitions have to be put in their place.
"""

import inspect
from collections.abc import Mapping
from typing import Any

import docstring_parser
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pydantic import BaseModel, ConfigDict, Field, create_model

from services.bot.toolbox.options import ToolFunction

#: A schema that refers to itself would have no end.
_DEEPEST = 8


def description_of(function: ToolFunction) -> str:
    """The docstring without its sections.

    Raises:
        TypeError: There is none.
    """
    docstring = docstring_parser.parse(inspect.getdoc(function) or "")
    if not docstring.short_description:
        raise TypeError(f"tool {function.__name__} has no docstring for the model to read")
    described = [docstring.short_description, docstring.long_description]
    return " ".join(" ".join(part.split()) for part in described if part)


def arguments_of(function: ToolFunction) -> type[BaseModel]:
    """A model of the arguments, which validates what Nova sends.

    Keyword-only parameters are not offered to the model.

    Raises:
        TypeError: A parameter has no type hint, or one that JSON cannot hold.
    """
    docstring = docstring_parser.parse(inspect.getdoc(function) or "")
    told = {parameter.arg_name: parameter.description for parameter in docstring.params}
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(function, eval_str=True).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            continue
        if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            raise TypeError(f"tool {function.__name__} takes any arguments; name each")
        if parameter.annotation is inspect.Parameter.empty:
            raise TypeError(f"parameter {name} of tool {function.__name__} has no type hint")
        required = parameter.default is inspect.Parameter.empty
        default = ... if required else parameter.default
        fields[name] = (parameter.annotation, Field(default, description=told.get(name)))
    try:
        model: type[BaseModel] = create_model(
            function.__name__, __config__=ConfigDict(extra="forbid"), **fields
        )
        model.model_json_schema()
    except Exception as error:
        raise TypeError(
            f"tool {function.__name__} has a parameter that JSON cannot hold: {error}"
        ) from error
    return model


def function_schema(name: str, description: str, schema: Mapping[str, Any]) -> FunctionSchema:
    """What the model is offered.

    Args:
        name: The name that it calls.
        description: What it is for.
        schema: JSON Schema of an object: the arguments.
    """
    definitions = schema.get("$defs", schema.get("definitions", {}))
    properties = {
        key: _plain(field, definitions, 0) for key, field in schema.get("properties", {}).items()
    }
    return FunctionSchema(
        name=name,
        description=description,
        properties=properties,
        required=list(schema.get("required", [])),
    )


def _plain(schema: Any, definitions: Mapping[str, Any], depth: int) -> Any:  # noqa: ANN401 - JSON
    """A schema without references, and without the titles that repeat the keys."""
    if isinstance(schema, list):
        return [_plain(entry, definitions, depth) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if (reference := schema.get("$ref")) is not None:
        if depth >= _DEEPEST:
            return {"type": "object"}
        target = definitions.get(str(reference).rpartition("/")[2], {})
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _plain({**target, **beside}, definitions, depth + 1)
    return {
        key: _plain(value, definitions, depth)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str)) and key != "$defs"
    }
