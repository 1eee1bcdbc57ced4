"""Runs the connect server as an AWS Lambda function behind the load balancer: the same app.

The load balancer has to send headers as lists (``lambda.multi_value_headers.enabled``).
"""

from mangum import Mangum

from services.common import log
from services.common.sessions import SessionStore
from services.common.settings import load_settings
from services.server.app import create_app
from services.server.settings import ServerSettings


def _handler() -> Mangum:
    settings = load_settings(ServerSettings)
    log.configure(
        settings.log_level, settings.log_format, service="server", secrets=settings.secrets
    )
    app = create_app(settings, SessionStore.connect(settings))
    return Mangum(app, lifespan="off", text_mime_types=["text/", "application/"])


handler = _handler()
"""What Lambda calls. It is made when a function's instance starts, so no call reads settings."""
