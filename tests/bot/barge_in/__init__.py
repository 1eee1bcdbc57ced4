"""A caller who speaks, or coughs, while the agent speaks."""
