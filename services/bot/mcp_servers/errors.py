"""What can go wrong with a server.

- `ServerUnavailableError`: it cannot be started or reached, or does not answer; try again later.
- `ServerLostError`: it went away while it did something; nobody knows whether it did.
"""


class ServerUnavailableError(Exception):
    """A server cannot be started or reached, or does not answer in time."""

    retryable = True


class ServerLostError(Exception):
    """A server went away while it did something."""

    retryable = False
