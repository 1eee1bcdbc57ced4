/** About 3 s of the caller's audio that the network has not taken: the connection is dead. */
const STALLED_BYTES = 96 * 1024;
const OPEN_TIMEOUT_MS = 10_000;

/** No clean close: the service keeps the session for the caller, who is about to come back. */
const LOST = 4000;
const ABNORMAL = 1006;

/**
 * The WebSocket of one connection, with the interface that Pipecat's `WebSocketTransport` uses.
 *
 * Unlike Pipecat's it delivers frames in order, tells the close code, can be given up while it opens,
 * and notices a network that takes no more audio instead of queueing it for minutes.
 */
export class CallSocket {
  readonly #url: string;
  readonly #onFrame: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #onClose: (code: number, reason: string) => void;
  #socket: WebSocket | undefined;

  constructor(
    url: string,
    onFrame: (bytes: Uint8Array<ArrayBuffer>) => void,
    onClose: (code: number, reason: string) => void,
  ) {
    this.#url = url;
    this.#onFrame = onFrame;
    this.#onClose = onClose;
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
    if (this.#socket.bufferedAmount > STALLED_BYTES) this.abandon("the network takes no audio");
    else this.#socket.send(data);
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
