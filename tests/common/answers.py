"""Answers of AWS, made here."""

import io
from collections.abc import Iterator


class Raw(io.BytesIO):
    """The body of an answer, as the SDK reads it."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()
