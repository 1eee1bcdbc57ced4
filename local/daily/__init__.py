"""A stand-in for Daily's REST API, for tests and for working without an account.

It answers as Daily documents its API and checks every request as strictly: the key, the names and
types of properties, room names, the limits. It keeps rooms and ends them in time.

Two things are not Daily's: ``/_admin`` makes it fail, or move its clock, and tells what was asked;
and rooms can be joined over WebSocket, with `local.daily.sdk` in place of daily-python, which tests
everything of ours but nothing of Daily's media.
"""

from local.daily.api import DOMAIN_ID, StandIn
from local.daily.faults import Fault

__all__ = ["DOMAIN_ID", "Fault", "StandIn"]
