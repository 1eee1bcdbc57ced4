"""Runs the connect server: ``python -m services.server``."""

import socket
import sys
from contextlib import suppress

import uvicorn
from loguru import logger

from services.common import log
from services.common.sessions import SessionStore
from services.common.settings import load_settings
from services.server.app import create_app
from services.server.settings import ServerSettings

KEEP_ALIVE_SECONDS = 75
"""Longer than the load balancer's 60, so that it never reuses a connection we are closing."""

GRACE_SECONDS = 6
"""For requests under way at SIGTERM; the session store answers or gives up within 5."""


def main() -> None:
    """Serves until SIGTERM or Ctrl-C; exits 2 on unusable settings, 1 on a port in use."""
    settings = load_settings(ServerSettings)
    log.configure(
        settings.log_level, settings.log_format, service="server", secrets=settings.secrets
    )
    app = create_app(settings, SessionStore.connect(settings))
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with _listen(settings) as listener, suppress(KeyboardInterrupt):
        host, port = listener.getsockname()[:2]
        logger.bind(host=host, port=port, transports=settings.transports).info("server listening")
        uvicorn.Server(config).run(sockets=[listener])


def _listen(settings: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        logger.bind(host=settings.host, port=settings.port, why=error.strerror).error(
            "cannot listen: choose another PORT or HOST"
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
