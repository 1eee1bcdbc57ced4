"""Finds the tools: every public async function of every module in `services/bot/tools`."""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

from services.bot.toolbox.errors import ToolError, UnknownToolError
from services.bot.toolbox.options import ToolFunction
from services.bot.toolbox.tool import Tool

TOOLS_FOLDER = Path(__file__).parents[1] / "tools"
_PACKAGE = "services.bot.tools"

_found: dict[str, Tool] = {}


def tools() -> Mapping[str, Tool]:
    """Every tool there is, by name.

    Raises:
        ToolError: A module cannot be imported, or a function in it is no tool.
    """
    if not _found:
        _found.update(_read(TOOLS_FOLDER, anew=False))
    return _found


@contextmanager
def reloaded_tools() -> Iterator[None]:
    """Reads the modules again. Where one, or what is done with them, fails, all stays.

    Raises:
        ToolError: A module cannot be imported, or a function in it is no tool.
    """
    before = dict(_found)
    found = _read(TOOLS_FOLDER, anew=True)
    _replace(found)
    try:
        yield
    except BaseException:
        _replace(before)
        raise


def _replace(found: Mapping[str, Tool]) -> None:
    _found.clear()
    _found.update(found)


def tools_named(names: Iterable[str]) -> list[Tool]:
    """Looks up tools.

    Raises:
        UnknownToolError: One of the names is no tool's.
        ToolError: A module with tools cannot be used.
    """
    known = tools()
    found = []
    for name in names:
        if name not in known:
            raise UnknownToolError(name, known)
        found.append(known[name])
    return found


def _read(folder: Path, *, anew: bool) -> dict[str, Tool]:
    found: dict[str, Tool] = {}
    origins: dict[str, str] = {}
    modules: dict[str, ModuleType] = {}
    for path in sorted(folder.glob("*.py")):
        if path.stem.startswith("_"):
            continue
        name = f"{_PACKAGE}.{path.stem}"
        module = sys.modules.get(name)
        if anew:
            _forget_compiled(path)
        modules[name] = _import(name, path) if anew or module is None else module
        for function in _functions(modules[name]):
            origin = f"{path}:{function.__code__.co_firstlineno}"
            if function.__name__ in origins:
                raise ToolError(
                    f"{origin}: {function.__name__} is the name of another tool too, in "
                    f"{origins[function.__name__]}; rename one"
                )
            origins[function.__name__] = origin
            try:
                found[function.__name__] = Tool.of(function)
            except TypeError as error:
                raise ToolError(f"{origin}: {error}") from error
    # Only now: a module that is half read must not replace one that works.
    sys.modules.update(modules)
    return found


def _functions(module: ModuleType) -> list[ToolFunction]:
    return [
        function
        for name, function in vars(module).items()
        if inspect.iscoroutinefunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
    ]


def _forget_compiled(path: Path) -> None:
    """Python takes what it compiled earlier in the same second for current."""
    with suppress(OSError):
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def _import(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ToolError(f"{path}: is no Python module")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # where dataclasses and pickles look for it
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ToolError(f"{path}:{_line(error, path)}: {type(error).__name__}: {error}") from error
    finally:
        if before is not None:
            sys.modules[name] = before
        else:
            del sys.modules[name]
    return module


def _line(error: Exception, path: Path) -> int:
    """The line of a module where an import failed."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return error.lineno
    own = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    return (own[-1].lineno if own else None) or 1
