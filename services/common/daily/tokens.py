"""Meeting tokens, signed here: a caller who wants in does not wait for Daily.

A token is a JWT with the API key as its secret; Daily documents the payload's short names under
"Self-signing meeting tokens". It is only signed, not encrypted: what it says is public.
"""

import base64
import hashlib
import hmac
import json
from enum import StrEnum

_HEADER = {"alg": "HS256", "typ": "JWT"}


class Participant(StrEnum):
    """Who a token is for.

    It is Daily's ``user_id``. Our rooms enforce unique ones, so whoever joins puts out an earlier
    participant of the same kind: a bot that takes a call over the bot that lost it, a caller who
    comes back their own ghost.
    """

    CALLER = "caller"
    BOT = "bot"


def meeting_token(
    key: str,
    *,
    domain_id: str,
    room_name: str,
    participant: Participant,
    now: float,
    seconds: float,
) -> str:
    """A token that lets one participant into one room.

    Args:
        key: The API key.
        domain_id: Which Daily domain the key is of.
        room_name: The room; a token without one would open every room of the domain.
        participant: Who it is for. The bot owns the room, the caller never does.
        now: Seconds since the epoch.
        seconds: How long it is good for joining. It does not end a call that has begun: with an
            ``ejt`` or ``eje`` of its own it would override the room's ``eject_at_room_exp``.
    """
    claims: dict[str, object] = {
        "d": domain_id,
        "r": room_name,
        "iat": int(now),
        "exp": int(now + seconds),
        "ud": participant,
        "o": participant is Participant.BOT,
        "ss": False,
        # The caller's camera stays off; the bot's is its face, whatever the room says.
        "vo": participant is Participant.CALLER,
    }
    signed = f"{_part(_HEADER)}.{_part(claims)}"
    signature = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64url(signature)}"


def _part(value: dict[str, object] | dict[str, str]) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
