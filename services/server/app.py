"""The connect server's application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from services.common.sessions import SessionStore
from services.server import connect, status
from services.server.boundary import Boundary
from services.server.daily_calls import DailyCalls
from services.server.identity import Identities
from services.server.problems import answer_with_problems, problem_schemas
from services.server.settings import ServerSettings


def create_app(settings: ServerSettings, store: SessionStore) -> FastAPI:
    """The application, ready for any ASGI server.

    With lifespan events it makes rooms for calls over Daily ahead of their callers; it can do
    without.
    """
    daily = DailyCalls.connect(settings, store) if "daily" in settings.transports else None
    app = _Documented(
        lifespan=_lifespan,
        title="Voice agents: connect server",
        summary="Opens sessions and tells how they stand.",
        redirect_slashes=False,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.store = store
    app.state.daily = daily
    if settings.id_token_issuer and settings.id_token_audience:
        app.state.identities = Identities(settings.id_token_issuer, settings.id_token_audience)
    app.include_router(connect.router)
    app.include_router(status.router)
    answer_with_problems(app)
    app.add_middleware(Boundary)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After", "X-Request-ID"],
        )
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    daily: DailyCalls | None = app.state.daily
    async with daily.running() if daily else nullcontext():
        yield


class _Documented(FastAPI):
    """FastAPI whose OpenAPI description also has the schemas of problems."""

    def openapi(self) -> dict[str, Any]:
        known = super().openapi()
        known["components"]["schemas"] |= problem_schemas()
        return known
