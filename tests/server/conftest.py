"""The connect server in process, on a table of its own in moto."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from services.common.sessions import SessionStore
from services.common.settings import CommonSettings
from services.server.app import create_app
from services.server.settings import ServerSettings
from tests.common.conftest import aws, clock, moto_url, settings, store, timed

__all__ = ["aws", "clock", "moto_url", "settings", "store", "timed"]

API_KEY = "canary-key-0123456789"


@pytest.fixture
def server_settings(settings: CommonSettings, monkeypatch: pytest.MonkeyPatch) -> ServerSettings:
    """Both transports, two agents, an access key."""
    for name, value in {
        "SESSIONS_TABLE": settings.sessions_table,
        "API_KEY": API_KEY,
        "AGENTS": "order-desk, it-help-desk",
        "TRANSPORTS": "websocket,webrtc",
        "CORS_ORIGINS": "https://talk.example.com",
    }.items():
        monkeypatch.setenv(name, value)
    return ServerSettings()


@pytest.fixture
def app(server_settings: ServerSettings, store: SessionStore) -> FastAPI:
    """One replica."""
    return create_app(server_settings, store)


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A caller with the key."""
    async with client_of(app) as client:
        yield client


def client_of(app: FastAPI) -> httpx.AsyncClient:
    """A caller with the key, of any replica."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://localhost:8000",
        headers={"Authorization": f"Bearer {API_KEY}"},
    )
