/** About 0.6 s of the caller's audio that the network has not taken: more of it would come too late. */
const LATE_BYTES = 20 * 1024;
/** So long without getting rid of that, the connection is dead. */
const STALLED_MS = 3_000;
/** A frame of audio begins with this byte: protobuf's field 2. */
const AUDIO_TAG = 0x12;
const AUDIO_SECONDS = 0.02;
const OPEN_TIMEOUT_MS = 10_000;

/** No clean close: the service keeps the session for the caller, who is about to come back. */
const LOST = 4000;
const ABNORMAL = 1006;

/**
 * The WebSocket of one connection, with the interface that Pipecat's `WebSocketTransport` uses.
 *
 * Unlike Pipecat's it delivers frames in order, tells the close code, can be given up while it opens,
 * and notices a network that takes no more audio: it drops what would come too late, and gives the
 * connection up before long, instead of queueing for minutes.
 */
export class CallSocket {
  readonly #url: string;
  readonly #onFrame: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #onClose: (code: number, reason: string) => void;
  readonly #onLate: (seconds: number) => void;
  #socket: WebSocket | undefined;
  #lateSince: number | undefined;

  constructor(
    url: string,
    onFrame: (bytes: Uint8Array<ArrayBuffer>) => void,
    onClose: (code: number, reason: string) => void,
    onLate: (seconds: number) => void,
  ) {
    this.#url = url;
    this.#onFrame = onFrame;
    this.#onClose = onClose;
    this.#onLate = onLate;
  }

  get readyState(): number {
    return this.#socket?.readyState ?? WebSocket.CLOSED;
  }

  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#url);
      socket.binaryType = "arraybuffer";
      this.#socket = socket;
      const deadline = setTimeout(() => socket.close(), OPEN_TIMEOUT_MS);
      socket.onopen = () => {
        clearTimeout(deadline);
        resolve();
      };
      socket.onmessage = (event: MessageEvent<unknown>) => {
        if (event.data instanceof ArrayBuffer) this.#onFrame(new Uint8Array(event.data));
      };
      socket.onclose = (event) => {
        clearTimeout(deadline);
        reject(new Error("The WebSocket was refused"));
        this.#leave(event.code, event.reason);
      };
    });
  }

  async send(data: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (!this.#late(this.#socket.bufferedAmount) || data[0] !== AUDIO_TAG) {
      this.#socket.send(data);
      return;
    }
    this.#onLate(AUDIO_SECONDS);
    if (performance.now() - (this.#lateSince ?? 0) > STALLED_MS)
      this.abandon("the network takes no audio");
  }

  /** Hangs up. */
  async close(): Promise<void> {
    this.#detach()?.close(1000);
  }

  /** Gives the connection up without ending the session. */
  abandon(why: string): void {
    this.#detach()?.close(LOST, "connection lost");
    this.#onClose(ABNORMAL, why);
  }

  #late(buffered: number): boolean {
    this.#lateSince = buffered > LATE_BYTES ? (this.#lateSince ?? performance.now()) : undefined;
    return this.#lateSince !== undefined;
  }

  #leave(code: number, reason: string): void {
    if (this.#detach()) this.#onClose(code, reason);
  }

  /** Takes the socket out of use; a closing handshake may take long on a dead network. */
  #detach(): WebSocket | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket) {
      socket.onmessage = null;
      socket.onclose = null;
    }
    return socket;
  }
}
