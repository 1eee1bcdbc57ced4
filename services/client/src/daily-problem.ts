import type { Problem } from "./problem.ts";

/** Why a call over Daily did not come about or broke off, in words for the person. */
export function dailyProblem(errorType: string | undefined): Problem {
  return PROBLEMS.get(errorType ?? "") ?? UNREACHABLE;
}

export const UNREACHABLE = problem(
  "daily-unreachable",
  "Daily could not be reached",
  "This call goes through daily.co, which your network may block. Try again, or choose another " +
    "connection in Settings.",
);

export const NO_AGENT = problem(
  "no-agent",
  "No agent came",
  "You were in the room, but all agents seem to be busy. Try again in a moment.",
);

const ROOM_GONE = problem(
  "room-gone",
  "The room of this call is closed",
  "Daily no longer lets anybody in. Try again to get a new room.",
);

const REFUSED = problem(
  "room-refused",
  "Daily did not let you in",
  "Your pass to the room of this call is no longer good. Try again to get a new one.",
);

/** By the type of daily-js's `error` event; `connection-error` is left to `UNREACHABLE`. */
const PROBLEMS = new Map([
  ["no-room", ROOM_GONE],
  ["exp-room", ROOM_GONE],
  ["exp-token", ROOM_GONE],
  ["nbf-room", ROOM_GONE],
  ["nbf-token", ROOM_GONE],
  ["ejected", REFUSED],
  ["meeting-full", REFUSED],
  ["not-allowed", REFUSED],
  [
    "end-of-life",
    {
      ...problem("page-too-old", "This page is too old", "Reload it, then call again."),
      status: 426,
    },
  ],
]);

/** Without a status, as nothing answered over HTTP: asking the service once more may help. */
function problem(slug: string, title: string, detail: string): Problem {
  return { slug, status: 0, title, detail, retryAfter: undefined };
}
