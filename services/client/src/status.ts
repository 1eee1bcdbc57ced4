import { type CallState, inCall, underWay } from "./call-state.ts";

export interface Status {
  title: string;
  detail: string;
  /** For screen readers; said when it changes, so it leaves out what changes with every turn. */
  announcement: string;
  urgent: boolean;
}

/** What the page says about a call. */
export function describe(state: CallState, muted: boolean): Status {
  const { title, detail } = words(state, muted);
  const urgent = state.phase === "failed" || state.phase === "lost";
  return { title, detail, urgent, announcement: announcement(state, title, detail) };
}

/** What the big button does; undefined where there is nothing to start. */
export function startLabel(state: CallState): string | undefined {
  if (underWay(state)) return undefined;
  if (state.phase === "lost") return "Reconnect";
  if (state.phase === "failed") return "Try again";
  return state.phase === "ended" ? "Call again" : "Start call";
}

/** What the red button does. */
export function hangUpLabel(state: CallState): string {
  return inCall(state) ? "End call" : "Cancel";
}

function words(state: CallState, muted: boolean): { title: string; detail: string } {
  switch (state.phase) {
    case "idle":
      return { title: "Ready when you are", detail: "Start the call and just talk." };
    case "asking":
      return { title: "Waiting for your microphone", detail: "Allow it when your browser asks." };
    case "connecting":
      return {
        title: "Connecting…",
        detail: state.again ? "Nothing answered yet. Trying again." : "",
      };
    case "busy":
      return { title: "All agents are busy", detail: waiting(state) };
    case "live":
      return live(state, muted);
    case "reconnecting":
      return state.offline
        ? { title: "You are offline", detail: "The call goes on if you are back online soon." }
        : {
            title: "Reconnecting…",
            detail: `The connection dropped. Try ${state.attempt} of ${state.attempts}.`,
          };
    case "lost":
      return {
        title: "The connection is lost",
        detail: "Reconnect soon to go on where you left off.",
      };
    case "ended":
      return { title: "Call ended", detail: ENDINGS.get(state.reason) ?? "" };
    case "failed":
      return { title: state.title, detail: state.detail };
  }
}

const ENDINGS = new Map(
  Object.entries({
    "hung-up": "You hung up.",
    "agent-hung-up": "The agent said goodbye.",
    "silence-limit": "Nobody had spoken for a while.",
    "longest-call": "The call reached its longest allowed length.",
    "session-gone": "This call cannot be picked up any more. Call again to start over.",
    "taken-over": "The call goes on in another window.",
    "agent-unavailable": "The agent could not be reached. Please call again in a moment.",
    "protocol-error": "This page and the service did not understand each other. Reload the page.",
    "too-many-bad-frames":
      "This page and the service did not understand each other. Reload the page.",
    failed: "Something went wrong on our side. Please call again.",
    "line-failed": "Something went wrong on our side. Please call again.",
  }),
);

function live(
  state: Extract<CallState, { phase: "live" }>,
  muted: boolean,
): { title: string; detail: string } {
  if (state.agent === "reconnecting") {
    return {
      title: "The agent is reconnecting…",
      detail: "Go on talking. What you say is not lost.",
    };
  }
  if (state.agent === "away") {
    return {
      title: "Another agent is joining…",
      detail: "It knows what was said so far. Wait until it is there.",
    };
  }
  if (state.activity === "speaking") {
    return { title: "Speaking", detail: muted ? "You are muted." : "Talk to interrupt." };
  }
  if (muted) return { title: "You are muted", detail: "The agent hears nothing." };
  return state.activity === "thinking"
    ? { title: "Thinking…", detail: "" }
    : { title: "Listening", detail: "" };
}

function waiting({ seconds, waited }: Extract<CallState, { phase: "busy" }>): string {
  const next = seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again now.";
  const so = `${Math.floor(waited / 60)}:${String(waited % 60).padStart(2, "0")}`;
  return waited > 0 ? `${next} You have been waiting for ${so}.` : next;
}

/** What is worth saying aloud once a minute. */
function patience(minutes: number): string {
  if (minutes === 0) return "You are connected as soon as one is free.";
  return `Still waiting, for ${minutes} ${minutes === 1 ? "minute" : "minutes"} now.`;
}

function announcement(state: CallState, title: string, detail: string): string {
  switch (state.phase) {
    case "idle":
      return "";
    case "live":
      if (state.agent === "here") return "Connected. You can talk now.";
      return `${title}. ${detail}`;
    case "busy":
      return `${title}. ${patience(Math.floor(state.waited / 60))}`;
    case "reconnecting":
      return state.offline ? `${title}. ${detail}` : "The connection dropped. Reconnecting.";
    default:
      return detail ? `${title}. ${detail}` : title;
  }
}
