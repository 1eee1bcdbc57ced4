"""Finding tools in a folder, and finding them again after a change."""

import sys
from pathlib import Path

import pytest

from services.bot.toolbox import (
    ToolContext,
    ToolError,
    discovery,
    reloaded_tools,
    tools,
    tools_named,
)

GOOD = '''\
async def greet(name: str) -> str:
    """Greets somebody."""
    return f"Hello {name}"


async def _not_this() -> None:
    pass


def nor_this() -> None:
    pass
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tools in place of the real one."""
    for module in [name for name in sys.modules if name.startswith("own_tools_of_the_tests")]:
        del sys.modules[module]
    monkeypatch.setattr(discovery, "TOOLS_FOLDER", tmp_path)
    monkeypatch.setattr(discovery, "_PACKAGE", "own_tools_of_the_tests")
    monkeypatch.setattr(discovery, "_found", {})
    (tmp_path / "own.py").write_text(GOOD)
    return tmp_path


def test_public_async_functions_are_tools(folder: Path) -> None:
    assert list(tools()) == ["greet"]


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        ("import nowhere_to_be_found", "bad.py:1", "ModuleNotFoundError"),
        ("x = 1\ny = x / 0", "bad.py:2", "ZeroDivisionError"),
        ("x = 1\n\ndef broken(:", "bad.py:3", "SyntaxError"),
        ("async def silent() -> str:\n    return ''", "bad.py:1", "silent has no docstring"),
        (
            '\nasync def untyped(word) -> str:\n    """Says."""\n    return word',
            "bad.py:2",
            "parameter word of tool untyped has no type hint",
        ),
        (GOOD.replace("Hello", "Bye"), "own.py:1", "greet is the name of another tool too"),
        (
            "from services.bot.tools import tool\n\n@tool(timeout=-1)\nasync def a(): ...",
            "bad.py:3",
            "timeout",
        ),
    ],
)
def test_a_module_that_cannot_be_used_is_named_with_its_line(
    folder: Path, content: str, place: str, problem: str
) -> None:
    (folder / "bad.py").write_text(content)
    with pytest.raises(ToolError) as refused:
        tools()
    assert str(folder / place) in str(refused.value)
    assert problem in str(refused.value)


async def test_a_changed_module_is_taken_up_and_a_broken_one_is_not(folder: Path) -> None:
    context = ToolContext("ses_test", None, "")  # type: ignore[arg-type]
    (old,) = tools_named(["greet"])
    (folder / "own.py").write_text(GOOD.replace("Hello", "Howdy"))
    with reloaded_tools():
        pass
    (new,) = tools_named(["greet"])
    assert await new.call({"name": "Ada"}, context) == {"result": "Howdy Ada"}
    assert await old.call({"name": "Ada"}, context) == {"result": "Hello Ada"}

    (folder / "own.py").write_text("syntax error")
    with pytest.raises(ToolError), reloaded_tools():
        pass
    (folder / "own.py").write_text(GOOD.replace("greet", "wave"))
    with pytest.raises(RuntimeError), reloaded_tools():
        raise RuntimeError
    assert tools_named(["greet"]) == [new]


def test_a_module_that_is_gone_takes_its_tools_along(folder: Path) -> None:
    assert "greet" in tools()
    (folder / "own.py").unlink()
    (folder / "other.py").write_text(GOOD.replace("greet", "wave"))
    with reloaded_tools():
        assert list(tools()) == ["wave"]
