/** What went wrong between the page and the service, in words a person can act on. */
export interface Problem {
  /** The last part of the problem's type, such as `no-capacity`; `network` where nothing answered. */
  slug: string;
  /** HTTP status; 0 where there was no answer. */
  status: number;
  title: string;
  detail: string;
  /** Seconds after which the service wants to be asked again. */
  retryAfter: number | undefined;
}

export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, cause?: unknown) {
    super(problem.detail, { cause });
    this.problem = problem;
  }

  /** Whether the same request may succeed later. */
  get retryable(): boolean {
    const { status } = this.problem;
    return status === 0 || status === 408 || status === 429 || status >= 500;
  }

  /** Whether a moment later it may well be gone: nothing answered, or a proxy that found nobody. */
  get passing(): boolean {
    const { slug, status } = this.problem;
    return (
      ["network", "connection", "bad-gateway"].includes(slug) ||
      (slug === "unknown" && status >= 500)
    );
  }

  /** Whether waiting for a turn helps; a 503 may also tell of something that the service itself lacks. */
  get busy(): boolean {
    const { status, slug } = this.problem;
    return status === 503 && !slug.endsWith("-unavailable");
  }
}

const LONGEST_RETRY_AFTER = 120;

/** Reads RFC 9457 problem details; an answer of another kind, such as a proxy's, gets our own words. */
export async function problemFrom(response: Response): Promise<Problem> {
  const body = await problemDetails(response);
  const type = text(body.type);
  return {
    slug: type.slice(type.lastIndexOf("/") + 1) || "unknown",
    status: response.status,
    title: text(body.title) || `The service answered ${response.status}`,
    detail: text(body.detail) || fallbackDetail(response.status),
    retryAfter: retryAfter(response.headers.get("retry-after")),
  };
}

/** The problem of a request that got no answer. */
export function networkProblem(online: boolean): Problem {
  return {
    slug: "network",
    status: 0,
    title: online ? "The service cannot be reached" : "You are offline",
    detail: online
      ? "Nothing answered. Check your connection, then try again."
      : "Connect to the internet, then try again.",
    retryAfter: undefined,
  };
}

/** A `Retry-After` in seconds, from either of its two forms; bounded, so that nobody waits for ever. */
export function retryAfter(header: string | null, now = Date.now()): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header.trim())
    ? Number(header)
    : Math.ceil((Date.parse(header) - now) / 1000);
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(LONGEST_RETRY_AFTER, Math.max(1, seconds));
}

async function problemDetails(response: Response): Promise<Record<string, unknown>> {
  if (!response.headers.get("content-type")?.includes("json")) return {};
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function fallbackDetail(status: number): string {
  if (status === 503) return "All agents are busy.";
  if (status >= 500) return "The service failed to answer. Try again in a moment.";
  if (status === 429) return "Too many calls were started. Wait a moment, then try again.";
  return "The service refused the call. Reload the page and try again.";
}
