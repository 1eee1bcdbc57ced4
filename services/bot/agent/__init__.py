"""An agent: what it says, how it sounds and what it can do, read from one TOML file.

The files are in `services/bot/agents`. What one of their tables means is beside the feature that
it is for; the model here only puts them together.
"""

from services.bot.agent.errors import AgentError
from services.bot.agent.model import Agent, VoiceActivity
from services.bot.agent.reading import AGENTS_FOLDER, read_agent, read_agents

__all__ = ["AGENTS_FOLDER", "Agent", "AgentError", "VoiceActivity", "read_agent", "read_agents"]
