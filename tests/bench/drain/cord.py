"""A boto3 client that can be cut off from AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import EndpointConnectionError


class Cord:
    """What all clients of one bot go through."""

    def __init__(self) -> None:
        """Holds."""
        self._cut = False

    def cut(self) -> None:
        """Lets nothing through from now on."""
        self._cut = True

    def through(self, client: Any) -> Any:  # noqa: ANN401  boto3 builds its clients at run time
        """The client, as long as the cord holds."""
        return _Tied(client, lambda: self._cut)


class _Tied:
    def __init__(self, client: Any, is_cut: Callable[[], bool]) -> None:  # noqa: ANN401
        self._client = client
        self._is_cut = is_cut

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        call = getattr(self._client, name)

        def tied(**arguments: Any) -> Any:  # noqa: ANN401
            if self._is_cut():
                raise EndpointConnectionError(endpoint_url="cut")
            return call(**arguments)

        return tied
