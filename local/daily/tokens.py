"""Whether a meeting token is one, checked apart from how the services make theirs."""

import base64
import binascii
import hashlib
import hmac
import json

from pydantic import ValidationError

from local.daily.properties import TokenClaims

LONGEST_TOKEN = 2048


class TokenError(ValueError):
    """It is not, or not any more. The message says why."""


def read_token(token: str, *, key: str, domain_id: str, now: float) -> TokenClaims:
    """What a token says.

    Raises:
        TokenError: Daily would not let its holder in.
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > LONGEST_TOKEN:
        raise TokenError("not a meeting token")
    try:
        header, payload, signature = (
            base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
            for part in parts
        )
        if json.loads(header) != {"alg": "HS256", "typ": "JWT"}:
            raise TokenError("the token's algorithm is not HS256")
        claims = TokenClaims.model_validate_json(payload)
    except ValidationError as error:
        raise TokenError(f"the token's payload has a fault: {error.errors()[0]['msg']}") from error
    except (binascii.Error, ValueError) as error:
        raise TokenError(str(error)) from error
    made_here = hmac.new(key.encode(), token.rpartition(".")[0].encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(made_here, signature):
        raise TokenError("the token's signature is not by this API key")
    if claims.d != domain_id:
        raise TokenError("the token is of another domain")
    if claims.exp is not None and claims.exp <= now:
        raise TokenError("the token has expired")
    return claims
