"""What routes are given: the settings, the session store, and who calls."""

import hmac
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from services.common.sessions import SessionStore
from services.server.daily_calls import DailyCalls
from services.server.problems import UNAUTHORIZED, ProblemError
from services.server.settings import ServerSettings

_bearer = HTTPBearer(auto_error=False, scheme_name="access_key", description="The API_KEY.")


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


def _admit(
    settings: Settings,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> None:
    if settings.connect_auth == "none":
        return
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    shown = credentials.credentials if credentials else ""
    if not key or not hmac.compare_digest(shown.encode(), key.encode()):
        fault = ', error="invalid_token"' if shown else ""
        challenge = {"WWW-Authenticate": f'Bearer realm="connect"{fault}'}
        raise ProblemError(UNAUTHORIZED, headers=challenge)


Admitted = Depends(_admit)
"""Lets in who holds the key; a 401 for others."""
