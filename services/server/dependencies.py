"""What routes are given: the settings, the session store, and who calls."""

import hmac
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.common.sessions import SessionStore
from services.server.daily_calls import DailyCalls
from services.server.identity import Identities, IssuerUnavailableError, NotIdentifiedError
from services.server.problems import (
    ISSUER_UNAVAILABLE,
    RETRY_AFTER_SECONDS,
    UNAUTHORIZED,
    ProblemError,
)
from services.server.settings import ServerSettings

_bearer = HTTPBearer(
    auto_error=False, scheme_name="access_key", description="The API_KEY, or an ID token."
)


def _settings(request: Request) -> ServerSettings:
    return cast("ServerSettings", request.app.state.settings)


def _store(request: Request) -> SessionStore:
    return cast("SessionStore", request.app.state.store)


def _daily(request: Request) -> DailyCalls:
    """There is one wherever the settings have the transport on."""
    return cast("DailyCalls", request.app.state.daily)


Settings = Annotated[ServerSettings, Depends(_settings)]
Store = Annotated[SessionStore, Depends(_store)]
Daily = Annotated[DailyCalls, Depends(_daily)]


async def _admit(
    request: Request,
    settings: Settings,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> str | None:
    shown = credentials.credentials if credentials else ""
    match settings.connect_auth:
        case "none":
            return None
        case "api_key":
            key = settings.api_key.get_secret_value() if settings.api_key else ""
            if key and hmac.compare_digest(shown.encode(), key.encode()):
                return None
        case "id_token":
            identities = cast("Identities", request.app.state.identities)
            try:
                if shown:
                    return await identities.caller(shown)
            except NotIdentifiedError:
                pass
            except IssuerUnavailableError:
                raise ProblemError(
                    ISSUER_UNAVAILABLE, headers={"Retry-After": str(RETRY_AFTER_SECONDS)}
                ) from None
    fault = ', error="invalid_token"' if shown else ""
    challenge = {"WWW-Authenticate": f'Bearer realm="connect"{fault}'}
    raise ProblemError(UNAUTHORIZED, headers=challenge)


Caller = Annotated[str | None, Depends(_admit)]
"""Lets in who holds the key or an ID token, a 401 for others. Who it is, where a token says so:
nothing else that a request holds does."""
