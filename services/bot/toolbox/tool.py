"""A tool: a function that the model may call, and how it is called."""

import asyncio
import dataclasses
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from loguru import logger
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pydantic import BaseModel, ValidationError

from services.bot.toolbox.context import ToolContext
from services.bot.toolbox.errors import ConsentNeededError, ToolFailedError
from services.bot.toolbox.options import ToolFunction, ToolOptions, options_of
from services.bot.toolbox.schema import arguments_of, description_of, function_schema

#: Nobody listens to more than this, and Nova Sonic keeps all of it in mind.
RESULT_BYTES = 16_000

_ASK = (
    "Nothing was done yet. Ask the caller: shall I {to}? Call this again, with the same arguments, "
    "only when the caller has said yes."
)

type Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call.

    Attributes:
        name: The name under which the model calls it.
        schema: What the model is offered.
        options: How it is called.
        invoke: Takes what the model sent, and the call's context; gives anything that JSON holds.
    """

    name: str
    schema: FunctionSchema
    options: ToolOptions
    invoke: Callable[[Mapping[str, Any], ToolContext], Awaitable[Any]]

    @classmethod
    def of(cls, function: ToolFunction) -> "Tool":
        """Reads a tool off its function.

        Raises:
            TypeError: A parameter has no type hint, or the function has no docstring.
        """
        description, arguments = description_of(function), arguments_of(function)
        wants_context = "context" in inspect.signature(function).parameters

        async def invoke(given: Mapping[str, Any], context: ToolContext) -> Any:  # noqa: ANN401
            checked = arguments.model_validate(dict(given))
            values: dict[str, Any] = {
                name: getattr(checked, name) for name in arguments.model_fields
            }
            if wants_context:
                values["context"] = context
            return await function(**values)

        return cls(
            name=function.__name__,
            schema=function_schema(function.__name__, description, arguments.model_json_schema()),
            options=options_of(function),
            invoke=invoke,
        )

    def schema_in(self, context: ToolContext) -> FunctionSchema:
        """What the model is offered in one call."""
        if self.options.examples is None:
            return self.schema
        shown = {key: list(values) for key, values in self.options.examples(context).items()}
        properties = {
            key: {**field, "examples": shown[key]} if shown.get(key) else field
            for key, field in self.schema.properties.items()
        }
        return FunctionSchema(
            self.schema.name, self.schema.description, properties, self.schema.required
        )

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Result:
        """Calls the function with arguments that came from the model.

        Every failure is an answer as well, `{"error": …}`, because the model has to say something.
        """
        log = logger.bind(tool=self.name)
        seconds = self.options.timeout
        try:
            async with asyncio.timeout(seconds):
                result = _as_json(await self.invoke(arguments, context))
        except ValidationError as error:
            log.warning("model called a tool with wrong arguments")
            return {"error": "; ".join(_complaint(dict(fault)) for fault in error.errors())}
        except ConsentNeededError as error:
            log.info("tool waits for the caller's consent")
            return {"needs_consent": _ASK.format(to=error.to)}
        except ToolFailedError as error:
            log.info("tool could not do it")
            return {"error": str(error)}
        except TimeoutError:
            log.bind(seconds=seconds).warning("tool did not answer in time")
            return {"error": f"{self.name} did not answer in time"}
        except Exception:
            log.exception("tool failed")
            return {"error": f"{self.name} failed"}
        log.info("tool answered")
        return result


def _complaint(fault: Mapping[str, Any]) -> str:
    return f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {fault['msg']}"


def _as_json(value: Any) -> Result:  # noqa: ANN401 - whatever a tool returns
    """A tool's result as the object that Nova Sonic takes.

    Raises:
        TypeError: JSON cannot hold it.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    result: Result = value if isinstance(value, dict) else {"result": value}
    size = len(json.dumps(result, ensure_ascii=False).encode())
    if size > RESULT_BYTES:
        logger.bind(bytes=size).warning("tool gave more than can be said")
        return {"error": "there is too much to say; ask for something more particular"}
    return result
