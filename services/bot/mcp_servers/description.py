"""The table `mcp` of an agent's file."""

import os
import re
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class McpServer(BaseModel):
    """A server of the Model Context Protocol whose tools an agent may call.

    Attributes:
        command: The program that is started for each call and spoken with over its standard input
            and output. Either this or url.
        args: Its arguments.
        env: Environment variables for it; of the bot's own it gets PATH, HOME and the like. ${NAME}
            stands for a variable of the bot's.
        url: The address of a server that speaks streamable HTTP. Either this or command.
        headers: HTTP headers for it. ${NAME} stands for a variable of the bot's.
        tools: The tools that the agent may call; by default all that the server has.
        consent: Those of them that the caller has to agree to first. A tool that its server calls
            destructive always needs it.
        timeout_seconds: After this long a call of a tool is given up.
        progress: What the agent says to a caller who waits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str | None = Field(default=None, min_length=1)
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = Field(default_factory=dict)
    url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    headers: Mapping[str, str] = Field(default_factory=dict)
    tools: tuple[str, ...] | None = Field(default=None, min_length=1)
    consent: tuple[str, ...] = ()
    timeout_seconds: float = Field(default=10, gt=0, le=60)
    progress: str | None = Field(default="One moment please.", max_length=200)

    @model_validator(mode="after")
    def _check_way(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("expected either command or url")
        if self.url is None and self.headers:
            raise ValueError("headers are for a server with a url; use env")
        if self.command is None and (self.args or self.env):
            raise ValueError("args and env are for a server with a command; use headers")
        return self

    @model_validator(mode="after")
    def _check_variables(self) -> Self:
        values = [*self.env.values(), *self.headers.values()]
        for name in (name for value in values for name in _VARIABLE.findall(value)):
            if name not in os.environ:
                raise ValueError(f"the environment variable {name} is not set")
        return self

    def filled(self, values: Mapping[str, str]) -> dict[str, str]:
        """Values with the bot's environment variables in place of their names."""
        return {
            key: _VARIABLE.sub(lambda found: os.environ.get(found[1], ""), value)
            for key, value in values.items()
        }
