import { PipecatClient, type RTVIMessage, type Transport } from "@pipecat-ai/client-js";
import { type BotEvent, readBotEvent } from "./bot-event.ts";
import type { TransportName, WebRtcParameters, WebSocketParameters } from "./connect.ts";
import { CallMedia } from "./media/call-media.ts";
import type { Microphone } from "./media/microphone.ts";
import type { Speaker } from "./media/speaker.ts";

export interface ConnectionObserver {
  event(event: BotEvent): void;
  /** Anything worth a line in the debug log. */
  log(text: string, detail?: unknown): void;
  /** The connection is gone, and not because `close` was called. Said once. */
  dropped(code: number | undefined, reason: string): void;
}

/** The connection did not come about; `refused` where not even the transport opened. */
export class ConnectionFailed extends Error {}

const READY_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** One connection to a bot. A dropped call makes a new one: Pipecat's client is not made for reuse. */
export class Connection {
  readonly #client: ObservedClient;
  readonly #observer: ConnectionObserver;
  readonly #speaker: Speaker;
  #abandon: (() => void) | undefined;
  #failure: { code: number | undefined; reason: string } | undefined;
  #over = false;
  #ready = false;
  #giveUp: (error: ConnectionFailed) => void = () => undefined;

  private constructor(transport: Transport, speaker: Speaker, observer: ConnectionObserver) {
    this.#observer = observer;
    this.#speaker = speaker;
    this.#client = new ObservedClient(transport, (message) => this.#receive(message), {
      onDisconnected: () => this.#drop(undefined, "disconnected"),
      onTrackStarted: (track, participant) => {
        if (track.kind === "audio" && !participant?.local) speaker.attach(track);
      },
    });
  }

  /**
   * Connects and waits until the bot is ready to talk.
   *
   * @throws ConnectionFailed also when `signal` aborts.
   */
  static async open(
    name: TransportName,
    parameters: WebSocketParameters | WebRtcParameters,
    devices: { microphone: Microphone; speaker: Speaker },
    observer: ConnectionObserver,
    signal: AbortSignal,
  ): Promise<Connection> {
    const media = new CallMedia(devices.microphone);
    let connection: Connection;
    if (name === "websocket") {
      const { CallWebSocketTransport } = await import("./websocket.ts");
      const { wsUrl } = parameters as WebSocketParameters;
      const transport = new CallWebSocketTransport(wsUrl, media, {
        audio: (samples, sampleRate) => devices.speaker.play(samples, sampleRate),
        interruption: () => observer.event({ type: "interrupted" }),
        badFrame: () => observer.log("undecodable frame"),
        closed: (code, reason) => connection.#drop(code, reason),
      });
      connection = new Connection(transport, devices.speaker, observer);
      connection.#abandon = () => transport.abandon();
      await connection.#connect({ wsUrl }, signal);
    } else {
      const { webRtcTransport } = await import("./webrtc.ts");
      connection = new Connection(webRtcTransport(media), devices.speaker, observer);
      await connection.#connect(parameters, signal);
    }
    return connection;
  }

  /** Hangs up: the session is over. */
  async close(): Promise<void> {
    this.#over = true;
    this.#speaker.detach();
    const closed = this.#client.disconnect().catch(() => undefined);
    await Promise.race([closed, new Promise((done) => setTimeout(done, CLOSE_TIMEOUT_MS))]);
  }

  /** Gives a dead connection up; the session stays and can be resumed. */
  abandon(reason: string): void {
    this.#abandon?.();
    this.#drop(undefined, reason);
  }

  async #connect(parameters: unknown, signal: AbortSignal): Promise<void> {
    const failed = new Promise<never>((_, reject) => {
      this.#giveUp = reject;
    });
    const expired = () => this.#giveUp(new ConnectionFailed("The agent did not answer in time."));
    const deadline = setTimeout(expired, READY_TIMEOUT_MS);
    signal.addEventListener("abort", expired, { once: true });
    try {
      await Promise.race([this.#client.connect(parameters), failed]);
      this.#ready = true;
    } catch (error) {
      await this.close();
      throw new ConnectionFailed(this.#failure?.reason || "The call did not connect.", {
        cause: error,
      });
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener("abort", expired);
    }
  }

  #receive(message: RTVIMessage): void {
    this.#observer.log(`← ${message.type}`, message.data);
    const event = readBotEvent(message.type, message.data);
    if (event && !this.#over) this.#observer.event(event);
  }

  #drop(code: number | undefined, reason: string): void {
    if (this.#over) return;
    this.#failure ??= { code, reason };
    if (!this.#ready) {
      this.#giveUp(new ConnectionFailed(reason));
      return;
    }
    this.#over = true;
    this.#speaker.detach();
    void this.#client.disconnect().catch(() => undefined);
    this.#observer.dropped(code, reason);
  }
}

type Callbacks = NonNullable<ConstructorParameters<typeof PipecatClient>[0]["callbacks"]>;

/** Pipecat's client with all of the bot's messages in view: it passes on no `bot-interrupted`. */
class ObservedClient extends PipecatClient {
  readonly #observe: (message: RTVIMessage) => void;

  constructor(transport: Transport, observe: (message: RTVIMessage) => void, callbacks: Callbacks) {
    super({ transport, enableMic: true, callbacks });
    // The debug log has it all; the console stays clean.
    this.setLogLevel(0);
    this.#observe = observe;
  }

  protected override handleMessage(message: RTVIMessage): void {
    this.#observe(message);
    super.handleMessage(message);
  }
}
