"""The table `[memory]` of an agent's file."""

from pydantic import BaseModel, ConfigDict, Field

MEMORY_TOOLS = ("remember", "forget_me")
"""Tools that an agent with a memory has, in calls of those whom access control knows."""


class Remembering(BaseModel):
    """What an agent remembers of callers whom access control knows.

    Attributes:
        remember: What is worth noting, in words for the model.
        days: For how many days after it was noted.
        most: How many facts about one caller; the oldest make room.
        greeting: What it says to a caller of whom it knows something; by default its greeting.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    remember: str = Field(min_length=1, max_length=500)
    days: int = Field(default=90, ge=1, le=3650)
    most: int = Field(default=20, ge=1, le=50)
    greeting: str | None = Field(default=None, min_length=1, max_length=1000)
