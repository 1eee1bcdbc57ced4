"""What an agent can do besides talk: one async function a tool. Put a module of your own here.

Every public async function of every module in this folder is a tool that an agent's file can name.
Its schema comes from its type hints and its Google style docstring. Keyword-only parameters are not
offered to the model: `context` receives the call's `ToolContext`. What is no tool begins with an
underscore or is not async; what makes functions into tools is in `services.bot.toolbox`.
"""

from services.bot.toolbox import ToolContext, ToolFailedError, tool

__all__ = ["ToolContext", "ToolFailedError", "tool"]
