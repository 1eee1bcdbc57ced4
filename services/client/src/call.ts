import { AgentActivity } from "./activity.ts";
import type { BotEvent } from "./bot-event.ts";
import { type AgentPresence, type CallState, endOfCall, inCall } from "./call-state.ts";
import { type ConnectPage, probeWebSocket, requestSession, type TransportName } from "./connect.ts";
import type { Connection } from "./connection.ts";
import type { CallDevices } from "./devices.ts";
import { CONNECTION_PROBLEM, failure } from "./failure.ts";
import type { Direction } from "./link-quality.ts";
import { networkProblem, ProblemError } from "./problem.ts";
import { online, pause, Reconnection, TO_BEGIN, TO_COME_BACK } from "./reconnection.ts";
import { Waiting } from "./waiting.ts";

export interface CallOptions {
  base: string;
  transport: TransportName;
  agent: string | undefined;
}

/** What a call needs of the page, and what it tells it. */
export interface CallPage extends ConnectPage {
  options(): CallOptions;
  /** Opens microphone and speaker. @throws MicrophoneError */
  openDevices(): Promise<CallDevices>;
  show(state: CallState): void;
  event(event: BotEvent): void;
  /** The agent's video to show; undefined for none. */
  video(track: MediaStreamTrack | undefined): void;
  note(text: string): void;
  /** Seconds of sound that came late or not at all. */
  lost(direction: Direction, seconds: number): void;
}

/** A call from the click on Start to the end, over as many connections as it takes. */
export class Call {
  readonly #page: CallPage;
  readonly #activity = new AgentActivity(() => this.#showLive());
  #options: CallOptions;
  #state: CallState = { phase: "idle" };
  #stop = new AbortController();
  #devices: CallDevices | undefined;
  #connection: Connection | undefined;
  #resume: string | undefined;
  #announcedEnd = "";
  #agent: AgentPresence = "here";

  constructor(page: CallPage) {
    this.#page = page;
    this.#options = page.options();
    window.addEventListener("offline", () => this.#connection?.abandon("the browser went offline"));
  }

  get state(): CallState {
    return this.#state;
  }

  get devices(): CallDevices | undefined {
    return this.#devices;
  }

  /** Tells the bot what the browser does to the microphone's sound: it need not be done twice. */
  tellSound(): void {
    const { microphone } = this.#devices ?? {};
    if (microphone) this.#connection?.send("sound", microphone.processing);
  }

  /** Starts a new call. What is chosen in the settings from now on is for the next one. */
  async start(): Promise<void> {
    this.#options = this.#page.options();
    this.#resume = undefined;
    await this.#withDevices((devices, signal) => this.#begin(devices, signal));
  }

  /** Goes on with a call that was given up as lost. */
  async comeBack(): Promise<void> {
    await this.#withDevices((devices, signal) => this.#recover(devices, signal));
  }

  /** Hangs up, or cancels what is on its way. */
  async hangUp(): Promise<void> {
    this.#stop.abort();
    const wasInCall = inCall(this.#state);
    const connection = this.#connection;
    this.#finish(wasInCall ? { phase: "ended", reason: "hung-up" } : { phase: "idle" });
    await connection?.close();
  }

  async #withDevices(
    connect: (devices: CallDevices, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    try {
      if (!navigator.onLine) throw new ProblemError(networkProblem(false));
      this.#show({ phase: "asking" });
      // What is needed next loads while the person decides about the microphone.
      void import("./connection.ts").catch(() => undefined);
      const devices = await this.#page.openDevices();
      if (signal.aborted) return devices.close();
      this.#devices = devices;
      devices.speaker.onPlaying = (playing) => {
        this.#activity.audible = playing;
      };
      devices.speaker.onGap = (seconds) => this.#page.lost("from-agent", seconds);
      this.#show({ phase: "connecting", again: false });
      await connect(devices, signal);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** Connects; what is wrong for a moment only is not worth telling. */
  async #begin(devices: CallDevices, signal: AbortSignal): Promise<void> {
    const trying = new Reconnection(TO_BEGIN);
    while (!signal.aborted) {
      try {
        return await this.#connectOrWait(devices, signal);
      } catch (error) {
        const passing = navigator.onLine && error instanceof ProblemError && error.passing;
        const delay = passing ? trying.next() : undefined;
        if (delay === undefined) throw error;
        this.#show({ phase: "connecting", again: true });
        await pause(delay, signal);
      }
    }
  }

  /** Connects; while all agents are busy, waits as long as the service says and tries again. */
  async #connectOrWait(devices: CallDevices, signal: AbortSignal): Promise<void> {
    let waiting: Waiting | undefined;
    while (!signal.aborted) {
      try {
        await this.#connect(devices, signal);
        return;
      } catch (error) {
        if (!(error instanceof ProblemError && error.busy)) throw error;
        waiting ??= new Waiting();
        const seconds = waiting.next(error.problem.retryAfter);
        if (seconds === undefined) throw error;
        await this.#wait(waiting, seconds, signal);
      }
    }
  }

  async #connect(devices: CallDevices, signal: AbortSignal): Promise<void> {
    const { base, transport, agent } = this.#options;
    const request = {
      transport,
      ...(agent && { agent }),
      ...(this.#resume && { resume: this.#resume }),
    };
    const { meeting, resume, sessionId } = await requestSession(base, request, this.#page, signal);
    this.#resume = resume;
    this.#page.log("session", { session_id: sessionId, transport });
    const { Connection, ConnectionFailed } = await import("./connection.ts");
    try {
      const observer = {
        event: (event: BotEvent) => this.#receive(event),
        video: this.#page.video,
        log: this.#page.log,
        lost: this.#page.lost,
        dropped: (code: number | undefined, reason: string) => this.#dropped(code, reason),
      };
      this.#connection = await Connection.open(meeting, devices, observer, signal);
    } catch (error) {
      if (!(error instanceof ConnectionFailed) || signal.aborted) throw error;
      this.#page.log("connection failed", { reason: error.message });
      const refusal = "wsUrl" in meeting ? await probeWebSocket(meeting.wsUrl) : undefined;
      throw refusal ?? new ProblemError(error.problem ?? CONNECTION_PROBLEM, error);
    }
    if (signal.aborted) return this.#connection.close();
    performance.mark("call-live");
    this.tellSound();
    this.#announcedEnd = "";
    this.#agent = "here";
    this.#activity.reset();
    this.#show({ phase: "live", activity: "listening", agent: "here" });
  }

  /** Counts down to 0, at which it stays while the next try is made. */
  async #wait(waiting: Waiting, seconds: number, signal: AbortSignal): Promise<void> {
    const until = Date.now() + seconds * 1000;
    while (!signal.aborted) {
      const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      this.#show({ phase: "busy", seconds: left, waited: waiting.seconds });
      if (left === 0) return;
      await pause(1000, signal);
    }
  }

  #dropped(code: number | undefined, reason: string): void {
    this.#page.log("connection dropped", { code, reason });
    this.#connection = undefined;
    const devices = this.#devices;
    devices?.speaker.flush();
    const end = endOfCall(code, this.#announcedEnd);
    if (end || !devices) {
      this.#finish({ phase: "ended", reason: end ?? "hung-up" });
      return;
    }
    this.#page.note("Connection lost");
    this.#stop = new AbortController();
    void this.#recover(devices, this.#stop.signal);
  }

  async #recover(devices: CallDevices, signal: AbortSignal): Promise<void> {
    this.#activity.reset();
    const reconnection = new Reconnection(TO_COME_BACK);
    while (!signal.aborted) {
      const delay = reconnection.next();
      if (delay === undefined) return this.#finish({ phase: "lost" });
      await this.#waitToReconnect(reconnection, delay, signal);
      if (await this.#reconnected(devices, signal)) return;
    }
  }

  async #waitToReconnect(
    { attempt, attempts, remaining }: Reconnection,
    delay: number,
    signal: AbortSignal,
  ): Promise<void> {
    const offline = !navigator.onLine;
    this.#show({ phase: "reconnecting", attempt, attempts, offline });
    if (offline) await online(remaining, signal);
    await pause(delay, signal);
  }

  /** Tries once; true where that settled it, be it with a connection or for good without. */
  async #reconnected(devices: CallDevices, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#connectOrWait(devices, signal);
      if (!signal.aborted) this.#page.note("Connection restored");
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      if (error instanceof ProblemError && error.retryable) return false;
      this.#fail(error);
      return true;
    }
  }

  #receive(event: BotEvent): void {
    if (event.type === "ended") this.#announcedEnd = event.reason || "agent-hung-up";
    if (event.type === "agent-state") this.#agent = event.reconnecting ? "reconnecting" : "here";
    if (event.type === "agent-joined") this.#welcomeAgent();
    if (event.type === "agent-left") this.#missAgent();
    if (event.type === "user-started-speaking" || event.type === "interrupted") this.#bargeIn();
    if (event.type === "hold") void this.#hold();
    if (event.type === "resume") this.#devices?.speaker.resume();
    if (event.type === "agent-stopped-speaking") this.#devices?.speaker.finish();
    if (event.type === "agent-started-speaking") performance.mark("agent-started-speaking");
    this.#page.event(event);
    this.#activity.apply(event);
    this.#showLive();
  }

  /** What the last agent said of its going is of no account any more. */
  #welcomeAgent(): void {
    this.#announcedEnd = "";
    this.#agent = "here";
    this.tellSound();
  }

  #missAgent(): void {
    this.#agent = "away";
    this.#devices?.speaker.flush();
    if (endOfCall(undefined, this.#announcedEnd)) this.#connection?.abandon("the agent left");
  }

  /** The bot says again what is dropped here, if it goes on. */
  async #hold(): Promise<void> {
    const unplayed = await this.#devices?.speaker.hold();
    if (unplayed !== undefined) this.#connection?.send("held", { unplayed });
  }

  #bargeIn(): void {
    this.#devices?.speaker.flush();
    if (this.#activity.current === "speaking") performance.mark("barge-in");
  }

  #showLive(): void {
    if (this.#state.phase !== "live") return;
    const { current: activity } = this.#activity;
    const agent = this.#agent;
    if (activity === this.#state.activity && agent === this.#state.agent) return;
    this.#show({ phase: "live", activity, agent });
  }

  #fail(error: unknown): void {
    this.#page.log("failed", { error: String(error) });
    const state = failure(error, this.#resume !== undefined);
    const gone = state.phase === "ended" && this.#announcedEnd === "taken-over";
    this.#finish(gone ? { phase: "ended", reason: "taken-over" } : state);
  }

  #finish(state: CallState): void {
    this.#connection = undefined;
    this.#activity.reset();
    this.#devices?.close();
    this.#devices = undefined;
    this.#show(state);
  }

  #show(state: CallState): void {
    if (state.phase !== this.#state.phase) this.#page.log("state", state);
    this.#state = state;
    this.#page.show(state);
  }
}
