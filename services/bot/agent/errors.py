"""What can be wrong with an agent."""


class AgentError(ValueError):
    """An agent cannot be used. The message names the file, the line and the key."""
