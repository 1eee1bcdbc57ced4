"""One-time tickets and resume tokens: what a caller holds, and the digest that the record holds.

A ticket reads ``<session_id>.<secret>``, a resume token ``r-<session_id>.<secret>``. The session id
finds the record without an index; the secret has 256 bits. Only its SHA-256 digest is stored, so a
reader of the table cannot join a call. (A slow password hash would add nothing: there is no
guessing 256 random bits.)
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Literal, Self

_SESSION_ID = r"ses_[A-Za-z0-9_-]{22}"

Kind = Literal["ticket", "resume"]

_PREFIX: dict[Kind, str] = {"ticket": "", "resume": "r-"}
_FORM: dict[Kind, re.Pattern[str]] = {
    kind: re.compile(rf"{prefix}({_SESSION_ID})\.[A-Za-z0-9_-]{{43}}", re.ASCII)
    for kind, prefix in _PREFIX.items()
}


@dataclass(frozen=True, slots=True)
class Presented:
    """What somebody presented, well-formed but not yet believed.

    Attributes:
        session_id: The session that it claims to open.
        digest: SHA-256 of the whole text, as hex.
    """

    session_id: str
    digest: str

    @classmethod
    def parse(cls, text: str, kind: Kind) -> Self | None:
        """Reads a ticket or resume token; None when ``text`` does not have its form."""
        match = _FORM[kind].fullmatch(text)
        return None if match is None else cls(match[1], digest(text))


def mint(session_id: str, kind: Kind) -> str:
    """A new ticket or resume token for ``session_id``."""
    return f"{_PREFIX[kind]}{session_id}.{secrets.token_urlsafe(32)}"


def is_session_id(text: str) -> bool:
    """Whether ``text`` has the form of a session id."""
    return re.fullmatch(_SESSION_ID, text) is not None


def digest(text: str) -> str:
    """What the record keeps of a ticket: its SHA-256, as hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def same(one: object, other: str) -> bool:
    """Whether a stored digest (None where there is none) is ``other``, in constant time."""
    return isinstance(one, str) and hmac.compare_digest(one, other)
