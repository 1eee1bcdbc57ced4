"""What makes Python functions into tools of an agent: schemas, checked arguments, limits, errors.

The tools themselves are in `services/bot/tools`, where agents' authors put theirs too. A tool's
schema comes from its type hints and its Google style docstring, so that what the model reads and
what the code takes cannot drift apart.
"""

from services.bot.toolbox.context import ToolContext
from services.bot.toolbox.discovery import TOOLS_FOLDER, reloaded_tools, tools, tools_named
from services.bot.toolbox.errors import ToolError, ToolFailedError, UnknownToolError
from services.bot.toolbox.offering import offer
from services.bot.toolbox.options import tool
from services.bot.toolbox.tool import Tool

__all__ = [
    "TOOLS_FOLDER",
    "Tool",
    "ToolContext",
    "ToolError",
    "ToolFailedError",
    "UnknownToolError",
    "offer",
    "reloaded_tools",
    "tool",
    "tools",
    "tools_named",
]
