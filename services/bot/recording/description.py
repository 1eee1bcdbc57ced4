"""The table `[recording]` of an agent's file."""

from pydantic import BaseModel, ConfigDict, Field

RECORDING_TOOLS = ("stop_recording",)
"""Tools that an agent has in calls that may be recorded."""


class RecordingWanted(BaseModel):
    """Whether an agent's calls are recorded.

    Attributes:
        enabled: Whether they are, where there is a bucket for it.
        announcement: What the agent says first; only when it has been heard is anything recorded.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=True,
        description=(
            "Record calls in stereo, the caller left and the agent right. Needs a deployment "
            "with TRANSCRIPTS_BUCKET."
        ),
    )
    announcement: str = Field(
        default="This call is recorded. Please tell me if you do not want that.",
        min_length=1,
        max_length=500,
        description=(
            "What the agent says before its greeting. Nothing is recorded before it has been "
            "heard, and a caller who does not want to be recorded need only say so."
        ),
    )
