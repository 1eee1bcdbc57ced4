"""What an agent can do besides talk: one async function a tool.

A tool's schema comes from its type hints and its Google style docstring, so that what the model
reads and what the code takes cannot drift apart. Keyword-only parameters are not offered to the
model: `context` receives the call's `ToolContext`.
"""

from services.bot.tools.registry import TOOLS, Tool, UnknownToolError, tools_named
from services.bot.tools.tool_context import ToolContext

__all__ = ["TOOLS", "Tool", "ToolContext", "UnknownToolError", "tools_named"]
