import Daily, {
  type DailyCall,
  type DailyEventObjectFatalError,
  type DailyEventObjectTrack,
} from "@daily-co/daily-js";
import {
  type PipecatClientOptions,
  type RTVIEventCallbacks,
  RTVIMessage,
  RTVIMessageType,
} from "@pipecat-ai/client-js";
import { DailyTransport } from "@pipecat-ai/daily-transport";
import type { DailyMeeting } from "./connect.ts";
import { dailyProblem, NO_AGENT, UNREACHABLE } from "./daily-problem.ts";
import type { Line, LineObserver } from "./line.ts";
import { networkProblem, type Problem } from "./problem.ts";

const JOIN_TIMEOUT_MS = 15_000;
/** How long a room may lack an agent: while a busy fleet has none, or a dead one is replaced. */
const AGENT_TIMEOUT_MS = 60_000;

/**
 * A line through a room of Daily's.
 *
 * daily-js is only the door: it loads its larger half from c.daily.co, as a script (`avoidEval`), so
 * a policy for this page has to allow that origin, and daily.co's and pluot.blue's to connect to.
 */
export function dailyLine(
  { roomUrl, token }: DailyMeeting,
  microphone: MediaStreamTrack | undefined,
  observer: LineObserver,
): Line {
  const room = new DailyRoom(microphone, observer);
  return {
    transport: room,
    parameters: { url: roomUrl, token },
    readyTimeout: JOIN_TIMEOUT_MS + AGENT_TIMEOUT_MS,
    outlivesBots: true,
    sayGoodbye: () => room.sayGoodbye(),
  };
}

/**
 * Pipecat's Daily transport with the call's own microphone, which stays the same on every transport,
 * and never a camera.
 *
 * Agents may follow one another in a room: a bot that dies or drains is replaced by one that joins.
 * Each is greeted, and only the last one is listened to. Agents are the owners of the room; another
 * window of the same caller is none.
 */
class DailyRoom extends DailyTransport {
  readonly #microphone: MediaStreamTrack | undefined;
  readonly #observer: LineObserver;
  readonly #room: DailyCall;
  #agent = "";
  /** Who sent the message, and whose track it is, that Pipecat is about to pass on without saying so. */
  #sender = "";
  #fromAgent = false;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(microphone: MediaStreamTrack | undefined, observer: LineObserver) {
    super({
      audioSource: microphone ?? false,
      videoSource: false,
      startVideoOff: true,
      dailyConfig: {
        avoidEval: true,
        useDevicePreferenceCookies: false,
        alwaysIncludeMicInPermissionPrompt: false,
        alwaysIncludeCamInPermissionPrompt: false,
      },
    });
    this.#microphone = microphone;
    this.#observer = observer;
    // Pipecat's face of it leaves no room and destroys nothing.
    const room = Daily.getCallInstance(this.dailyCallClient.callClientId);
    if (!room) throw new Error("Daily made no call");
    this.#room = room;
  }

  override initialize(options: PipecatClientOptions, onMessage: (m: RTVIMessage) => void): void {
    const room = this.#room;
    // Before Pipecat's own listeners.
    room.on("app-message", ({ fromId }) => {
      this.#sender = fromId;
    });
    room.on("track-started", (event) => this.#meet(event));
    const onTrackStarted: RTVIEventCallbacks["onTrackStarted"] = (track, participant) => {
      if (this.#fromAgent) options.callbacks?.onTrackStarted?.(track, participant);
    };
    const callbacks = { ...options.callbacks, onTrackStarted };
    super.initialize({ ...options, callbacks }, (message) => {
      if (!this.#agent || this.#sender === this.#agent) onMessage(message);
    });
    room.on("load-attempt-failed", () => this.#observer.log("daily.co did not answer"));
    room.on("network-connection", ({ type, event }) => this.#observer.log(`${type} ${event}`));
    room.on("network-quality-change", ({ networkState, networkStateReasons }) =>
      this.#judge(networkState, networkStateReasons),
    );
    room.on("joined-meeting", () => this.#awaitAgent());
    room.on("participant-left", ({ participant }) => this.#part(participant.session_id));
    room.on("error", (event) => this.#fail(event));
    this.#within(JOIN_TIMEOUT_MS, UNREACHABLE);
  }

  /** Daily is to open no device and measure no level: the call does. */
  override async initDevices(): Promise<void> {}

  /** Each agent is told when it comes: see `#meet`. */
  override async sendReadyMessage(): Promise<void> {}

  override async _disconnect(): Promise<void> {
    clearTimeout(this.#deadline);
    const gone = this.#room.isDestroyed() ? undefined : this.#room.destroy();
    this.#microphone?.stop();
    await gone;
  }

  sayGoodbye(): void {
    if (this.#room.meetingState() !== "joined-meeting") return;
    this.sendMessage(new RTVIMessage(RTVIMessageType.DISCONNECT_BOT, {}));
  }

  #meet({ participant, track }: DailyEventObjectTrack): void {
    this.#fromAgent = participant?.owner === true && !participant.local;
    if (!this.#fromAgent || participant?.session_id === this.#agent) return;
    if (participant && track.kind === "audio") this.#greet(participant.session_id);
  }

  #greet(agent: string): void {
    clearTimeout(this.#deadline);
    this.#agent = agent;
    this.#observer.event({ type: "agent-joined" });
    this.sendMessage(RTVIMessage.clientReady());
  }

  #part(sessionId: string): void {
    if (sessionId !== this.#agent) return;
    this.#agent = "";
    this.#awaitAgent();
    this.#observer.event({ type: "agent-left" });
  }

  #fail({ error, errorMsg }: DailyEventObjectFatalError): void {
    const type: string | undefined = error?.type;
    this.#observer.log("daily error", { type, message: errorMsg });
    this.#down(type ?? "error", dailyProblem(type));
  }

  /** Daily judges every two seconds, and tells what changed. */
  #judge(state: string, reasons: readonly string[]): void {
    this.#observer.log(`network ${state}`, { reasons });
    if (state === "bad") {
      this.#observer.lost(reasons.includes("sendPacketLoss") ? "to-agent" : "from-agent", 1);
    }
  }

  #awaitAgent(): void {
    this.#within(AGENT_TIMEOUT_MS, NO_AGENT);
  }

  #within(milliseconds: number, problem: Problem): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#down(problem.slug, problem), milliseconds);
  }

  #down(reason: string, problem: Problem): void {
    this.#observer.down(undefined, reason, navigator.onLine ? problem : networkProblem(false));
  }
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string | null }): unknown;
}

const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
// Where the page's policy requires trusted types, no script is named by a mere string: but Daily's is,
// and the workers that it makes itself.
trustedTypes?.createPolicy("default", {
  createScriptURL: (url) => (/^(https:\/\/c\.daily\.co\/|blob:)/.test(url) ? url : null),
});
