"""A caller's WebSocket that remembers how it was closed and knows how to close."""

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Self

from starlette.websockets import WebSocket, WebSocketState

from services.bot.call.ending import Ending

if TYPE_CHECKING:
    from services.bot.processes.listener import Taker

#: Close codes of a caller who meant it; without one (1005) the caller's library closed it.
MEANT = (1000, 1001, 1005)


class CallerSocket(WebSocket):
    """A WebSocket whose other end is a caller."""

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  (ASGI)
        super().__init__(scope, receive, send)
        self._ending = Ending.AGENT_HUNG_UP
        self.left_with = Ending.CALLER_DROPPED

    @classmethod
    def adopt(cls, socket: WebSocket) -> Self:
        """Takes over a WebSocket that somebody else received, and perhaps accepted."""
        adopted = cls(socket.scope, socket._receive, socket._send)
        adopted.client_state = socket.client_state
        adopted.application_state = socket.application_state
        return adopted

    async def accept_once(self, subprotocol: str | None) -> None:
        """Accepts the WebSocket unless that has been done."""
        if self.application_state is WebSocketState.CONNECTING:
            await self.accept(subprotocol)

    def hand_over(self, taker: "Taker") -> None:
        """Has messages taken where they arrive; those that it declines come with `receive`.

        Nothing happens where the connection is not one of `processes.listener`.
        """
        connection = self.scope.get("state", {}).get("connection")
        if connection is not None:
            connection.taker = taker

    def give(self, message: str | bytes) -> bool:
        """Sends a message at once; says no if it has to wait, and then `send` has to."""
        connection = self.scope.get("state", {}).get("connection")
        return connection is not None and connection.give(message)

    def say_goodbye_with(self, ending: Ending) -> None:
        """Chooses the close code for when we hang up."""
        self._ending = ending

    async def receive(self) -> MutableMapping[str, Any]:
        """Receives the next message and notes how the caller left.

        uvicorn reports 1005 for a close frame without a code, and also for a connection that
        broke; only the close frame comes with a reason, empty or not. 1009 is its own word: a
        frame was too big.
        """
        message = await super().receive()
        if message["type"] == "websocket.disconnect" and "reason" in message:
            if message.get("code") in MEANT:
                self.left_with = Ending.CALLER_LEFT
            elif message.get("code") == 1009:
                self.left_with = Ending.BAD_FRAMES
        return message

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Closes with the code of the ending that was chosen."""
        await super().close(
            self._ending.close_code if code == 1000 else code, reason or self._ending.reason
        )
