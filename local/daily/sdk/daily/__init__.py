"""As much of daily-python as Pipecat's Daily transport uses to be in a call.

Events and callbacks come on a thread of the client's own, as they do there. Sound is taken at the
speed at which it is heard. Of a picture only its middle is sent: enough to tell which one it is.
"""

import json
import threading
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from .media import (
    AudioData,
    CustomAudioSource,
    CustomAudioTrack,
    CustomVideoSource,
    CustomVideoTrack,
    VideoFrame,
    VirtualSpeakerDevice,
    publish,
)

__all__ = [
    "AudioData",
    "CallClient",
    "CustomAudioSource",
    "CustomAudioTrack",
    "CustomVideoSource",
    "CustomVideoTrack",
    "Daily",
    "EventHandler",
    "LogLevel",
    "VideoFrame",
    "VirtualSpeakerDevice",
]

Completion = Callable[..., None] | None

JOIN_SECONDS = 5.0
ID_BYTES = 36


class LogLevel(Enum):
    """How much daily-python says."""

    Off = 0


class Daily:
    """The library itself."""

    @staticmethod
    def init(worker_threads: int = 2, log_level: LogLevel = LogLevel.Off) -> None:
        """Nothing needs to be set up here."""


class EventHandler:
    """What a client's owner derives from."""


class CallClient:
    """Somebody in a call."""

    def __init__(self, event_handler: EventHandler | None = None) -> None:
        """Nobody in no call, at first."""
        self._handler = event_handler
        self._name = ""
        self._socket: ClientConnection | None = None
        self._hearing: dict[str, tuple[Callable[..., None], str]] = {}
        self._others: dict[str, Mapping[str, Any]] = {}
        self._left = False

    def set_user_name(self, user_name: str) -> None:
        """What the others see."""
        self._name = user_name

    def update_subscription_profiles(
        self, profile_settings: Mapping[str, Any], completion: Completion = None
    ) -> None:
        """Everything is subscribed here."""

    def update_subscriptions(
        self,
        participant_settings: Mapping[str, Any] | None = None,
        profile_settings: Mapping[str, Any] | None = None,
        completion: Completion = None,
    ) -> None:
        """Everything is subscribed here."""
        if completion is not None:
            completion(None)

    def participants(self) -> Mapping[str, Any]:
        """The others, by id."""
        return dict(self._others)

    def join(
        self,
        meeting_url: str,
        meeting_token: str | None = None,
        client_settings: Mapping[str, Any] | None = None,
        completion: Completion = None,
    ) -> None:
        """Joins; ``completion`` is told of it, or why not."""
        query = urlencode({"t": meeting_token or "", "user_name": self._name})
        url = f"ws{meeting_url.removeprefix('http')}?{query}"
        settings = client_settings or {}
        threading.Thread(target=self._stay, args=(url, settings, completion), daemon=True).start()

    def _stay(self, url: str, settings: Mapping[str, Any], completion: Completion) -> None:
        """Joins, and is there until one side ends it."""
        self._state("joining")
        try:
            with connect(url, open_timeout=JOIN_SECONDS, compression=None) as socket:
                joined = json.loads(socket.recv(timeout=JOIN_SECONDS))
                self._socket = socket
                self._publish(settings)
                self._state("joined")
                if completion is not None:
                    data = {"participants": {"local": {"id": joined["id"]}}, "meetingSession": {}}
                    completion(data, None)
                for participant in joined["participants"]:
                    self._meet(participant)
                self._listen(socket)
        except (OSError, TimeoutError, WebSocketException) as error:
            if self._socket is None and completion is not None:
                completion(None, f"could not join: {error}")
        if not self._left:
            self._left = True
            self._state("left")

    def leave(self, completion: Completion = None) -> None:
        """Leaves; ``completion`` is told once that is done."""

        def run() -> None:
            self.release()
            self._state("left")
            if completion is not None:
                completion(None)

        threading.Thread(target=run, daemon=True).start()

    def release(self) -> None:
        """Gives everything back."""
        self._left = True
        if self._socket is not None:
            self._socket.close()

    def send_app_message(
        self,
        message: Any,  # noqa: ANN401 - whatever is JSON
        participant_id: str | None = None,
        serialize_none: bool = True,
        completion: Completion = None,
    ) -> None:
        """Sends a message to one of the others, or to all."""
        error = self._send(json.dumps({"data": message, "to": participant_id}))
        if completion is not None:
            completion(error)

    def set_audio_renderer(
        self,
        participant_id: str,
        callback: Callable[[str, AudioData, str], None],
        audio_source: str = "microphone",
        sample_rate: int = 16000,
        callback_interval_ms: int = 20,
    ) -> None:
        """Has ``callback`` hear somebody, at the rate at which they send."""
        self._hearing[participant_id] = (callback, audio_source)

    def _publish(self, settings: Mapping[str, Any]) -> None:
        for kind in ("camera", "microphone"):
            given = settings.get("inputs", {}).get(kind, {}).get("settings", {})
            publish(given.get("customTrack", {}).get("id", ""), self._send)

    def _send(self, data: str | bytes) -> str | None:
        try:
            if self._socket is None or self._left:
                return "not in a call"
            self._socket.send(data)
        except ConnectionClosed:
            return "not in a call any more"
        return None

    def _listen(self, socket: ClientConnection) -> None:
        try:
            for frame in socket:
                if isinstance(frame, bytes):
                    self._hear(frame)
                else:
                    self._take(json.loads(frame))
        except ConnectionClosed:
            return

    def _hear(self, frame: bytes) -> None:
        sender, kind = frame[:ID_BYTES].decode(), frame[ID_BYTES : ID_BYTES + 1]
        if kind == b"a" and sender in self._hearing:
            callback, source = self._hearing[sender]
            rate = int.from_bytes(frame[ID_BYTES + 1 : ID_BYTES + 5], "little")
            callback(sender, AudioData(frame[ID_BYTES + 5 :], rate), source)

    def _take(self, message: Mapping[str, Any]) -> None:
        match message["type"]:
            case "participant-joined":
                self._meet(message["participant"])
            case "participant-left":
                self._others.pop(message["participant"]["id"], None)
                self._tell("on_participant_left", message["participant"], message["reason"])
            case "message":
                self._tell("on_app_message", message["data"], message["sender"])

    def _meet(self, participant: Mapping[str, Any]) -> None:
        self._others[participant["id"]] = participant
        self._tell("on_participant_joined", participant)

    def _state(self, state: str) -> None:
        self._tell("on_call_state_updated", state)

    def _tell(self, event: str, *what: object) -> None:
        handle = getattr(self._handler, event, None)
        if handle is not None:
            handle(*what)
