import type { Activity } from "./activity.ts";

/** Where a call stands; what the page shows follows from this alone. */
export type CallState =
  | { phase: "idle" }
  | { phase: "asking" }
  | { phase: "connecting"; again: boolean }
  /** `seconds` until the next try, 0 while it is made; `waited` so many so far. */
  | { phase: "busy"; seconds: number; waited: number }
  | { phase: "live"; activity: Activity; agent: AgentPresence }
  | { phase: "reconnecting"; attempt: number; attempts: number; offline: boolean }
  | { phase: "lost" }
  | { phase: "ended"; reason: string }
  | { phase: "failed"; title: string; detail: string };

/** Whether the agent hears the caller now, will hear it all in a moment, or is being replaced. */
export type AgentPresence = "here" | "reconnecting" | "away";

/** Whether there is a session behind the page, connected or to be connected again. */
export function inCall(state: CallState): boolean {
  return ["live", "reconnecting"].includes(state.phase);
}

/** Whether the page is on its way into a call or in one: there is something to hang up or cancel. */
export function underWay(state: CallState): boolean {
  return inCall(state) || ["asking", "connecting", "busy"].includes(state.phase);
}

/**
 * Why a call is over for good, from the close code and what the bot announced before it hung up;
 * undefined where the connection only dropped and the session can be resumed.
 */
export function endOfCall(code: number | undefined, announced: string): string | undefined {
  if (announced) return RESUMABLE.has(announced) ? undefined : announced;
  return code === undefined ? undefined : END_BY_CODE[code];
}

/**
 * The bot goes away, not the session: another bot takes it over. One that says so of itself may have
 * lost touch with the records alone: whether the caller may come back is for the server to say.
 */
const RESUMABLE = new Set(["drained", "caller-dropped", "taken-over", "line-lost"]);

const END_BY_CODE: Record<number, string> = {
  1000: "agent-hung-up",
  1002: "protocol-error",
  1003: "protocol-error",
  1008: "protocol-error",
  1009: "protocol-error",
  4400: "protocol-error",
  4408: "silence-limit",
  4410: "longest-call",
};
