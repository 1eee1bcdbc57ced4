import type { CallState } from "./call-state.ts";
import { MicrophoneError } from "./media/microphone-problem.ts";
import { type Problem, ProblemError } from "./problem.ts";

/** The server gave a session, but the way to its bot did not open. */
export const CONNECTION_PROBLEM: Problem = {
  slug: "connection",
  status: 0,
  title: "The call did not connect",
  detail: "The agent could not be reached. Try again in a moment.",
  retryAfter: undefined,
};

const NOT_OFFERED = "This connection is not offered";

/**
 * Where a call stands after an error that ended it.
 *
 * @param hadSession - whether the caller was on the way back to a session, which may be gone by now.
 */
export function failure(error: unknown, hadSession: boolean): CallState {
  if (error instanceof MicrophoneError) {
    const { title, advice } = error.problem;
    return { phase: "failed", title, detail: advice };
  }
  if (error instanceof ProblemError) return refusal(error.problem, hadSession);
  return {
    phase: "failed",
    title: "The call did not start",
    detail: "Reload the page and try again. The debug log says more.",
  };
}

function refusal({ slug, status, title, detail }: Problem, hadSession: boolean): CallState {
  if (status === 401) return { phase: hadSession ? "lost" : "idle" };
  if (slug === "unknown-transport") {
    return { phase: "failed", title: NOT_OFFERED, detail: `${detail} Choose one in Settings.` };
  }
  const gone = hadSession && [403, 404, 409, 410].includes(status);
  return gone ? { phase: "ended", reason: "session-gone" } : { phase: "failed", title, detail };
}
