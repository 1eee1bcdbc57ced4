"""`python -m tests.cdk.moto_server ZONE ID`: prints moto's address, and ends when its input does.

The hosted zone ZONE will get the id ID when it is made.
"""

import logging
import os
import sys
import threading

from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.route53.models import HostedZoneIdentifier
from moto.utilities.id_generator import moto_id_manager
from werkzeug.serving import make_server

from local.aws import one_at_a_time
from tests.cdk.moto_server import data, edge, network, operations, repairs, services
from tests.cdk.moto_server.permissions import Permissions

REGION = "us-east-1"
"""Where the environments under test are; moto's account is 123456789012, as theirs."""

TAUGHT = (data, edge, network, operations, services)


def main() -> None:
    """Serves until whoever started it closes its input, or is gone."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    repairs.repair()
    zone, id = sys.argv[1:]
    moto_id_manager.set_custom_id(HostedZoneIdentifier(DEFAULT_ACCOUNT_ID, f"{zone}.", None), id)
    app = Permissions(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    # moto finds templates in buckets only where it is called localhost.
    url = f"http://localhost:{server.server_port}"
    os.environ.update(
        AWS_ENDPOINT_URL=url,
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION=REGION,
    )
    with one_at_a_time():
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
