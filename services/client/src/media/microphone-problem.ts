/** Why there is no microphone, in words for the person who wants to talk. */
export interface MicrophoneProblem {
  kind: "denied" | "missing" | "busy" | "insecure" | "unknown";
  title: string;
  advice: string;
}

export class MicrophoneError extends Error {
  readonly problem: MicrophoneProblem;

  constructor(problem: MicrophoneProblem, cause?: unknown) {
    super(problem.title, { cause });
    this.problem = problem;
  }
}

const PROBLEMS = {
  denied: {
    kind: "denied",
    title: "The microphone is blocked",
    advice:
      "Allow the microphone for this page in the address bar’s site settings, then start the call again. " +
      "If it is allowed there, check that your system lets this browser use it.",
  },
  missing: {
    kind: "missing",
    title: "No microphone was found",
    advice: "Plug one in or turn on your headset, then start the call again.",
  },
  busy: {
    kind: "busy",
    title: "The microphone is in use",
    advice: "Another program holds it. Close that program or pick another microphone in Settings.",
  },
  insecure: {
    kind: "insecure",
    title: "This page may not use a microphone",
    advice: "Browsers only offer it on secure addresses. Open the page over https or on localhost.",
  },
  unknown: {
    kind: "unknown",
    title: "The microphone did not start",
    advice: "Pick another microphone in Settings, or reload the page and try again.",
  },
} as const satisfies Record<string, MicrophoneProblem>;

const KIND_BY_ERROR_NAME: Record<string, keyof typeof PROBLEMS> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/** Says what `getUserMedia` meant by the error that it threw. */
export function microphoneProblem(error: unknown): MicrophoneProblem {
  const name = error instanceof DOMException ? error.name : "";
  return PROBLEMS[KIND_BY_ERROR_NAME[name] ?? "unknown"];
}

/** The problem of a page whose address is not secure, where browsers hide `mediaDevices`. */
export const INSECURE_PAGE: MicrophoneProblem = PROBLEMS.insecure;
