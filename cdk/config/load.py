"""Reads an environment's file and words what is wrong with it."""

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from cdk.config import agents
from cdk.config.environment import Environment
from cdk.config.errors import ConfigError, WrongKeyError

FOLDER = Path(__file__).parents[1] / "environments"


def load_environment(
    name: str | None, *, folder: Path = FOLDER, agents_folder: Path = agents.FOLDER
) -> Environment:
    """Reads ``<folder>/<name>.toml``.

    Raises:
        ConfigError: With one sentence for every problem.
    """
    known = ", ".join(sorted(path.stem for path in folder.glob("*.toml")))
    if not name:
        raise ConfigError([f"No environment is named; add -c env=<name>, one of: {known}."])
    path = folder / f"{name}.toml"
    if Path(name).name != name or not path.is_file():
        raise ConfigError(
            [f"There is no {_shown(path)}; copy example.toml or use one of: {known}."]
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{_shown(path)}: is no TOML, {error}; correct that line."]) from None
    if "name" in content:
        raise ConfigError([f"{_shown(path)}: name: is the file's name; remove the key."])
    try:
        environment = Environment.model_validate({"name": name, **content})
        agents.check_agents(
            environment.agents.names,
            longest_call_seconds=environment.drain.longest_call_seconds,
            folder=agents_folder,
        )
    except ValidationError as error:
        sentences = [_sentence(dict(found)) for found in error.errors()]
        raise ConfigError([f"{_shown(path)}: {sentence}." for sentence in sentences]) from None
    except WrongKeyError as wrong:
        raise ConfigError([f"{_shown(path)}: {wrong.key}: {wrong}."]) from None
    return environment


def _shown(path: Path) -> str:
    return "/".join(path.parts[-3:])


def _sentence(found: dict[str, Any]) -> str:
    location = [str(part) for part in found["loc"]]
    cause = found.get("ctx", {}).get("error")
    if isinstance(cause, WrongKeyError):
        return f"{'.'.join([*location, cause.key])}: {cause}"
    key = ".".join(location)
    if found["type"] == "extra_forbidden":
        return f"{key}: is not a key; {_nearest(location)}"
    field = _field(location)
    right = field.description if field and field.description else ""
    if found["type"] == "missing":
        return f"{key}: is missing; add it" + (f", {right}" if right else " as in example.toml")
    said = str(found["msg"]).removeprefix("Value error, ")
    if cause is not None:
        return f"{key}: {said}"
    wrong = f"{found['input']!r:.60} will not do"
    return f"{key}: {wrong}; use {right}" if right else f"{key}: {wrong}, {_lower(said)}"


def _nearest(location: list[str]) -> str:
    model = _model(location[:-1])
    keys = [key for key in model.model_fields if key != "name"] if model else []
    near = difflib.get_close_matches(location[-1], keys, n=1)
    return f"did you mean {near[0]}?" if near else f"remove it or use one of {', '.join(keys)}"


def _model(location: list[str]) -> type[BaseModel] | None:
    model: type[BaseModel] = Environment
    for part in location:
        field = model.model_fields.get(part)
        if field is None or not _is_model(field.annotation):
            return None
        model = field.annotation  # type: ignore[assignment]
    return model


def _field(location: list[str]) -> FieldInfo | None:
    """The innermost field on the way; a list's items have their list's description."""
    while location:
        model = _model(location[:-1])
        if model is not None:
            return model.model_fields.get(location[-1])
        location = location[:-1]
    return None


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
