"""Turns tool functions into schemas for the model and calls them with checked arguments."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import docstring_parser
from loguru import logger
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from services.bot.tools.date_time import current_date_time
from services.bot.tools.orders import track_order
from services.bot.tools.tool_context import ToolContext

if TYPE_CHECKING:
    from pipecat.services.llm_service import FunctionCallParams

ToolFunction = Callable[..., Coroutine[Any, Any, dict[str, Any]]]

#: A caller waits in silence for longer than this only once; then the agent says that it failed.
TOOL_SECONDS = 8.0


class UnknownToolError(LookupError):
    """An agent names a tool that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no tool named {name!r}; there are {', '.join(sorted(TOOLS))}")


@dataclass(frozen=True)
class Tool:
    """A function that the model may call.

    Attributes:
        function: The async function.
        description: What the model is told about it: the docstring without its sections.
        arguments: A model of the arguments, which validates what Nova sends.
    """

    function: ToolFunction
    description: str
    arguments: type[BaseModel]

    @classmethod
    def of(cls, function: ToolFunction) -> "Tool":
        """Reads a tool off its function.

        Raises:
            TypeError: A parameter has no type hint, or the function has no docstring.
        """
        docstring = docstring_parser.parse(inspect.getdoc(function) or "")
        if not docstring.short_description:
            raise TypeError(f"tool {_name(function)} has no docstring for the model to read")
        told = {parameter.arg_name: parameter.description for parameter in docstring.params}
        fields: dict[str, Any] = {}
        for name, parameter in inspect.signature(function, eval_str=True).parameters.items():
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                continue
            if parameter.annotation is inspect.Parameter.empty:
                raise TypeError(f"parameter {name} of tool {_name(function)} has no type hint")
            required = parameter.default is inspect.Parameter.empty
            default = ... if required else parameter.default
            fields[name] = (parameter.annotation, Field(default, description=told.get(name)))
        described = [docstring.short_description, docstring.long_description]
        return cls(
            function=function,
            description=" ".join(" ".join(part.split()) for part in described if part),
            arguments=create_model(
                _name(function), __config__=ConfigDict(extra="forbid"), **fields
            ),
        )

    @property
    def name(self) -> str:
        """The name under which the model calls it."""
        return _name(self.function)

    @cached_property
    def schema(self) -> FunctionSchema:
        """What the model is offered."""
        schema = self.arguments.model_json_schema()
        properties = {
            name: {key: value for key, value in field.items() if key != "title"}
            for name, field in schema.get("properties", {}).items()
        }
        return FunctionSchema(
            name=self.name,
            description=self.description,
            properties=properties,
            required=schema.get("required", []),
        )

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
        """Calls the function with arguments that came from the model.

        Every failure is an answer as well, `{"error": …}`, because the model has to say something.
        """
        log = logger.bind(tool=self.name)
        try:
            checked = self.arguments.model_validate(dict(arguments))
            values: dict[str, Any] = {
                key: getattr(checked, key) for key in type(checked).model_fields
            }
            if "context" in inspect.signature(self.function).parameters:
                values["context"] = context
            async with asyncio.timeout(TOOL_SECONDS):
                result = await self.function(**values)
        except ValidationError as error:
            log.warning("model called a tool with wrong arguments")
            return {"error": "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())}
        except TimeoutError:
            log.bind(seconds=TOOL_SECONDS).warning("tool did not answer in time")
            return {"error": f"{self.name} did not answer in time"}
        except Exception:
            log.exception("tool failed")
            return {"error": f"{self.name} failed"}
        log.info("tool answered")
        return result

    def handler(self, context: ToolContext) -> Callable[["FunctionCallParams"], Awaitable[None]]:
        """The function in the shape that Pipecat registers."""

        async def handle(params: "FunctionCallParams") -> None:
            await params.result_callback(await self.call(params.arguments, context))

        return handle


def tools_named(names: Iterable[str]) -> list[Tool]:
    """Looks up tools.

    Raises:
        UnknownToolError: One of the names is no tool's.
    """
    found = []
    for name in names:
        if name not in TOOLS:
            raise UnknownToolError(name)
        found.append(TOOLS[name])
    return found


def _name(function: ToolFunction) -> str:
    return str(getattr(function, "__name__", function))


_FUNCTIONS: tuple[ToolFunction, ...] = (current_date_time, track_order)
TOOLS: dict[str, Tool] = {tool.name: tool for tool in map(Tool.of, _FUNCTIONS)}
