"""What a session cost."""

from dataclasses import asdict, dataclass
from typing import Any

from services.common.prices import Tokens


@dataclass(slots=True)
class Usage:
    """Tokens over all streams of a session, as Nova counts them."""

    input_speech: int = 0
    input_text: int = 0
    output_speech: int = 0
    output_text: int = 0

    def add(self, delta: dict[str, Any]) -> None:
        """Adds a usage event's ``delta``."""
        spoken, written = delta.get("input", {}), delta.get("output", {})
        self.input_speech += spoken.get("speechTokens", 0)
        self.input_text += spoken.get("textTokens", 0)
        self.output_speech += written.get("speechTokens", 0)
        self.output_text += written.get("textTokens", 0)

    def tokens(self) -> Tokens:
        """For the record."""
        return Tokens(**asdict(self))

    def fields(self) -> dict[str, int]:
        """For a log line."""
        return {f"{name}_tokens": count for name, count in asdict(self).items()}
