"""The stand-in for daily-python has the names and parameters of the real one."""

import ast
from importlib.metadata import distribution
from pathlib import Path

from tests.daily_sdk import FOLDER

Signatures = dict[str, list[str]]


def signatures(source: str) -> Signatures:
    """The public methods in a module's source, with their parameters' names."""
    found: Signatures = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef):
                    names = [argument.arg for argument in member.args.args]
                    found[f"{node.name}.{member.name}"] = names
    return found


def real() -> Signatures:
    """What daily-python's own type hints say."""
    stub = distribution("daily-python").locate_file("daily/__init__.pyi")
    return signatures(Path(str(stub)).read_text())


def stand_in() -> Signatures:
    files = sorted((Path(FOLDER) / "daily").glob("*.py"))
    return {
        name: parameters
        for file in files
        for name, parameters in signatures(file.read_text()).items()
        if not any(part.startswith("_") for part in name.split(".") if part != "__init__")
    }


def test_what_is_stood_in_for_exists() -> None:
    theirs = real()
    ours = stand_in()
    assert "CallClient.join" in ours
    for name, parameters in ours.items():
        assert name in theirs, name
        assert parameters == theirs[name], name
