"""What our rooms are called: the name says which session they are for.

A room that is made before there is a session gives the session its random part; session, bot and
room then share it. So whoever finds a room among others on Daily finds its session with one read,
and knows a room that nobody needs any more.
"""

import re
import secrets

PREFIX = "voice-"

_NAME = re.compile(rf"{PREFIX}([A-Za-z0-9_-]{{22}})(?:--[0-9a-f]{{8}})?", re.ASCII)


def new_name() -> str:
    """A name for a room whose session is still to come; 128 random bits."""
    return f"{PREFIX}{secrets.token_urlsafe(16)}"


def another_name(session_id: str) -> str:
    """A name for a further room of a session whose first one is gone."""
    return f"{PREFIX}{session_id.removeprefix('ses_')}--{secrets.token_hex(4)}"


def session_of(room_name: str) -> str | None:
    """The id of the session that a room is for; None for a room that is not ours."""
    match = _NAME.fullmatch(room_name)
    return f"ses_{match[1]}" if match else None
