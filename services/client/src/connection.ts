import { PipecatClient, type RTVIMessage } from "@pipecat-ai/client-js";
import { type BotEvent, readBotEvent } from "./bot-event.ts";
import type { Meeting } from "./connect.ts";
import type { CallDevices } from "./devices.ts";
import type { Line, LineObserver } from "./line.ts";
import type { Direction } from "./link-quality.ts";
import type { Problem } from "./problem.ts";

export interface ConnectionObserver {
  event(event: BotEvent): void;
  /** The agent's video, where it has one; undefined once it has none any more. */
  video(track: MediaStreamTrack | undefined): void;
  /** Seconds of sound that came late or not at all. */
  lost(direction: Direction, seconds: number): void;
  /** Anything worth a line in the debug log. */
  log(text: string, detail?: unknown): void;
  /** The connection is gone, and not because `close` was called. Said once. */
  dropped(code: number | undefined, reason: string): void;
}

/** The connection did not come about; `problem` where the transport knows words for the person. */
export class ConnectionFailed extends Error {
  readonly problem: Problem | undefined;

  constructor(reason: string, problem?: Problem, cause?: unknown) {
    super(reason, { cause });
    this.problem = problem;
  }
}

const READY_TIMEOUT_MS = 15_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** One connection to a bot. A dropped call makes a new one: Pipecat's client is not made for reuse. */
export class Connection {
  readonly #devices: CallDevices;
  readonly #observer: ConnectionObserver;
  #line: Line | undefined;
  #client: ObservedClient | undefined;
  #video: MediaStreamTrack | undefined;
  #failure: ConnectionFailed | undefined;
  #over = false;
  #ready = false;
  #giveUp: (error: ConnectionFailed) => void = () => undefined;

  private constructor(devices: CallDevices, observer: ConnectionObserver) {
    this.#devices = devices;
    this.#observer = observer;
  }

  /**
   * Connects and waits until the bot is ready to talk.
   *
   * @throws ConnectionFailed also when `signal` aborts.
   */
  static async open(
    meeting: Meeting,
    devices: CallDevices,
    observer: ConnectionObserver,
    signal: AbortSignal,
  ): Promise<Connection> {
    const connection = new Connection(devices, observer);
    await connection.#connect(meeting, signal);
    return connection;
  }

  /** Hangs up: the session is over. */
  async close(): Promise<void> {
    this.#line?.sayGoodbye?.();
    await this.#leave();
  }

  /** Tells the bot something of the page's own, as far as it can be told. */
  send(type: string, data: unknown): void {
    if (this.#over) return;
    this.#observer.log(`→ ${type}`, data);
    try {
      this.#client?.sendClientMessage(type, data);
    } catch {
      this.#observer.log("not sent", { type });
    }
  }

  /** Gives a dead connection up; the session stays and can be resumed. */
  abandon(reason: string): void {
    this.#line?.abandon?.();
    this.#drop(undefined, reason);
  }

  async #connect(meeting: Meeting, signal: AbortSignal): Promise<void> {
    const line = await lineTo(meeting, this.#devices, {
      event: (event) => this.#tell(event),
      log: this.#observer.log,
      lost: this.#observer.lost,
      down: (code, reason, problem) => this.#drop(code, reason, problem),
    });
    this.#line = line;
    this.#client = this.#clientOn(line);
    const failed = new Promise<never>((_, reject) => {
      this.#giveUp = reject;
    });
    const expired = () => this.#giveUp(new ConnectionFailed("The agent did not answer in time."));
    const deadline = setTimeout(expired, line.readyTimeout ?? READY_TIMEOUT_MS);
    signal.addEventListener("abort", expired, { once: true });
    try {
      if (signal.aborted) expired();
      await Promise.race([failed, this.#client.connect(line.parameters)]);
      this.#ready = true;
    } catch (error) {
      if (signal.aborted) line.sayGoodbye?.();
      else line.abandon?.();
      await this.#leave();
      if (error instanceof ConnectionFailed) throw error;
      throw this.#failure ?? new ConnectionFailed("The call did not connect.", undefined, error);
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener("abort", expired);
    }
  }

  #clientOn(line: Line): ObservedClient {
    const { speaker } = this.#devices;
    return new ObservedClient(line, (message) => this.#receive(message), {
      onDisconnected: () => this.#drop(undefined, "disconnected"),
      onTrackStarted: (track, participant) => {
        if (participant?.local) return;
        if (track.kind === "audio") speaker.attach(track);
        else this.#show(track);
      },
      onTrackStopped: (track) => {
        if (track === this.#video) this.#show(undefined);
      },
    });
  }

  #receive(message: RTVIMessage): void {
    this.#observer.log(`← ${message.type}`, message.data);
    const event = readBotEvent(message.type, message.data);
    if (event) this.#tell(event);
  }

  #show(video: MediaStreamTrack | undefined): void {
    if (this.#over) return;
    this.#video = video;
    this.#observer.video(video);
  }

  #tell(event: BotEvent): void {
    if (!this.#over) this.#observer.event(event);
  }

  #drop(code: number | undefined, reason: string, problem?: Problem): void {
    if (this.#over) return;
    this.#failure ??= new ConnectionFailed(reason, problem);
    if (!this.#ready) {
      this.#giveUp(this.#failure);
      return;
    }
    void this.#leave();
    this.#observer.dropped(code, reason);
  }

  async #leave(): Promise<void> {
    this.#show(undefined);
    this.#over = true;
    this.#devices.speaker.detach();
    const left = this.#client?.disconnect().catch(() => undefined);
    await Promise.race([left, new Promise((done) => setTimeout(done, CLOSE_TIMEOUT_MS))]);
  }
}

/** Each transport is loaded when it is first used. */
async function lineTo(
  meeting: Meeting,
  devices: CallDevices,
  observer: LineObserver,
): Promise<Line> {
  switch (meeting.transport) {
    case "websocket":
      return (await import("./websocket.ts")).webSocketLine(meeting, devices, observer);
    case "webrtc":
      return (await import("./webrtc.ts")).webRtcLine(meeting, devices.microphone, observer);
    case "daily":
      return (await import("./daily.ts")).dailyLine(meeting, devices.microphone.track(), observer);
  }
}

type Callbacks = NonNullable<ConstructorParameters<typeof PipecatClient>[0]["callbacks"]>;

/** Pipecat's client with all of the bot's messages in view: it passes on no `bot-interrupted`. */
class ObservedClient extends PipecatClient {
  readonly #observe: (message: RTVIMessage) => void;

  constructor(line: Line, observe: (message: RTVIMessage) => void, callbacks: Callbacks) {
    const { transport, outlivesBots } = line;
    super({ transport, enableMic: true, disconnectOnBotDisconnect: !outlivesBots, callbacks });
    // The debug log has it all; the console stays clean.
    this.setLogLevel(0);
    this.#observe = observe;
  }

  protected override handleMessage(message: RTVIMessage): void {
    this.#observe(message);
    super.handleMessage(message);
  }
}
