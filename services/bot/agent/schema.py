"""The JSON Schema of agents' files, for editors: `python -m services.bot.agent.schema` writes it.

A file whose first line is `#:schema ./agent.schema.json` is completed and checked while one writes
it: by Even Better TOML in Visual Studio Code, by Taplo in other editors.
"""

import json
import sys
from pathlib import Path
from typing import Any, get_args

import docstring_parser
from pydantic import BaseModel

from services.bot.agent.model import Agent
from services.bot.agent.reading import AGENTS_FOLDER

SCHEMA_FILE = AGENTS_FOLDER / "agent.schema.json"


def agent_schema() -> dict[str, Any]:
    """JSON Schema of an agent's file, with what the models' docstrings say of each key."""
    schema = Agent.model_json_schema()
    definitions = schema.get("$defs", {})
    for model in _models(Agent, set()):
        _describe(model, schema if model is Agent else definitions[model.__name__])
    # An agent's key is its file's name, and every file names this schema in a comment.
    del schema["properties"]["key"]
    schema["required"].remove("key")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An agent",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def schema_text() -> str:
    """What `SCHEMA_FILE` should hold."""
    return json.dumps(agent_schema(), indent=2, ensure_ascii=False) + "\n"


def _models(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """A model and those that its keys hold."""
    if model not in seen:
        seen.add(model)
        for field in model.model_fields.values():
            _models_in(field.annotation, seen)
    return seen


def _models_in(annotation: object, seen: set[type[BaseModel]]) -> None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        _models(annotation, seen)
    for part in get_args(annotation):
        _models_in(part, seen)


def _describe(model: type[BaseModel], schema: dict[str, Any]) -> None:
    docstring = docstring_parser.parse(model.__doc__ or "")
    told = {each.arg_name: each.description for each in docstring.params}
    if docstring.short_description:
        schema["description"] = docstring.short_description
    for name, field in schema.get("properties", {}).items():
        field.pop("title", None)
        if (words := told.get(name)) and "description" not in field:
            field["description"] = " ".join(words.split())


def main(file: Path = SCHEMA_FILE) -> int:
    """Writes the schema."""
    file.write_text(schema_text(), encoding="utf-8")
    sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
