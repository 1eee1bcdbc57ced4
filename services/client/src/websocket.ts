import { ProtobufFrameSerializer, WebSocketTransport } from "@pipecat-ai/websocket-transport";
import { CallSocket } from "./call-socket.ts";
import { decodeFrame } from "./frames.ts";
import type { CallMedia } from "./media/call-media.ts";

export interface SocketObserver {
  audio(samples: Int16Array, sampleRate: number): void;
  interruption(): void;
  badFrame(): void;
  closed(code: number, reason: string): void;
}

/** Pipecat's WebSocket transport on a socket and a decoder of our own (see `CallSocket`, `frames.ts`). */
export class CallWebSocketTransport extends WebSocketTransport {
  readonly #url: string;
  readonly #observer: SocketObserver;
  #socket: CallSocket | undefined;

  constructor(wsUrl: string, media: CallMedia, observer: SocketObserver) {
    super({
      wsUrl,
      mediaManager: media.asMediaManager(),
      serializer: new ProtobufFrameSerializer(),
    });
    this.#url = wsUrl;
    this.#observer = observer;
  }

  override initializeWebsocket(): ReturnType<WebSocketTransport["initializeWebsocket"]> {
    this.#socket = new CallSocket(
      this.#url,
      (bytes) => this.#receive(bytes),
      (code, reason) => this.#observer.closed(code, reason),
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
      if (frame.kind === "audio") this.#observer.audio(frame.samples, frame.sampleRate);
      if (frame.kind === "interruption") this.#observer.interruption();
      if (frame.kind === "message") this.#message(JSON.parse(frame.json));
    } catch {
      this.#observer.badFrame();
    }
  }

  #message(message: { label?: unknown } & Parameters<typeof this._onMessage>[0]): void {
    if (message?.label === "rtvi-ai") this._onMessage(message);
  }
}
