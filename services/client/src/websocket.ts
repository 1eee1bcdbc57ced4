import { ProtobufFrameSerializer, WebSocketTransport } from "@pipecat-ai/websocket-transport";
import { CallSocket } from "./call-socket.ts";
import type { WebSocketMeeting } from "./connect.ts";
import type { CallDevices } from "./devices.ts";
import { decodeFrame } from "./frames.ts";
import type { Line, LineObserver } from "./line.ts";
import { CallMedia } from "./media/call-media.ts";
import type { Microphone } from "./media/microphone.ts";
import type { Speaker } from "./media/speaker.ts";

/** A line over a WebSocket, which carries PCM both ways. */
export function webSocketLine(
  { wsUrl }: WebSocketMeeting,
  { microphone, speaker }: CallDevices,
  observer: LineObserver,
): Line {
  const transport = new CallWebSocketTransport(wsUrl, microphone, speaker, observer);
  return { transport, parameters: { wsUrl }, abandon: () => transport.abandon() };
}

/** Pipecat's WebSocket transport on a socket and a decoder of our own (see `CallSocket`, `frames.ts`). */
class CallWebSocketTransport extends WebSocketTransport {
  readonly #url: string;
  readonly #speaker: Speaker;
  readonly #observer: LineObserver;
  #socket: CallSocket | undefined;

  constructor(wsUrl: string, microphone: Microphone, speaker: Speaker, observer: LineObserver) {
    super({
      wsUrl,
      mediaManager: new CallMedia(microphone).asMediaManager(),
      serializer: new ProtobufFrameSerializer(),
    });
    this.#url = wsUrl;
    this.#speaker = speaker;
    this.#observer = observer;
  }

  override initializeWebsocket(): ReturnType<WebSocketTransport["initializeWebsocket"]> {
    this.#socket = new CallSocket(
      this.#url,
      (bytes) => this.#receive(bytes),
      (code, reason) => this.#observer.down(code, reason),
      (seconds) => this.#observer.lost("to-agent", seconds),
    );
    return this.#socket as unknown as ReturnType<WebSocketTransport["initializeWebsocket"]>;
  }

  /** Gives the connection up in a way that keeps the session. */
  abandon(): void {
    this.#socket?.abandon("the page is offline");
  }

  #receive(bytes: Uint8Array<ArrayBuffer>): void {
    try {
      const frame = decodeFrame(bytes);
      if (frame.kind === "audio") this.#speaker.play(frame.samples, frame.sampleRate);
      if (frame.kind === "interruption") this.#observer.event({ type: "interrupted" });
      if (frame.kind === "message") this.#message(JSON.parse(frame.json));
    } catch {
      this.#observer.log("undecodable frame");
    }
  }

  #message(message: { label?: unknown } & Parameters<typeof this._onMessage>[0]): void {
    if (message?.label === "rtvi-ai") this._onMessage(message);
  }
}
