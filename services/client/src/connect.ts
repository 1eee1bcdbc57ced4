import { networkProblem, ProblemError, problemFrom } from "./problem.ts";

export const TRANSPORTS = ["websocket", "webrtc", "daily"] as const;
export type TransportName = (typeof TRANSPORTS)[number];

export interface ConnectRequest {
  transport: TransportName;
  agent?: string;
  /** From the previous answer of the same call: go on with that session. */
  resume?: string;
}

/** A session that waits for the caller. */
export interface Invitation {
  sessionId: string;
  /** Lets the caller come back after a dropped connection. */
  resume: string | undefined;
  meeting: Meeting;
}

/** Where to meet the bot, as the server gave it. */
export type Meeting = WebSocketMeeting | WebRtcMeeting | DailyMeeting;

export interface WebSocketMeeting {
  transport: "websocket";
  wsUrl: string;
}

export interface WebRtcMeeting {
  transport: "webrtc";
  webrtcRequestParams: { endpoint: string };
  iceConfig: { iceServers: RTCIceServer[] };
}

/** A room of Daily's, and what opens it for this caller. */
export interface DailyMeeting {
  transport: "daily";
  roomUrl: string;
  token: string;
}

/** What asking for a session needs of the page. */
export interface ConnectPage {
  log(text: string, detail?: unknown): void;
  accessKey(): string;
  /** Undefined where the person would rather not. */
  askAccessKey(): Promise<string | undefined>;
}

const TIMEOUT_MS = 15_000;

/**
 * Asks the connect server for a session, with another access key as often as it wants one.
 *
 * @param base - the server's origin; empty for this page's own.
 * @throws ProblemError for every failure, the network's included.
 */
export async function requestSession(
  base: string,
  request: ConnectRequest,
  page: ConnectPage,
  signal: AbortSignal,
): Promise<Invitation> {
  for (let key = page.accessKey(); ; ) {
    try {
      return await postConnect(base, request, key, signal);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      page.log("connect refused", error.problem);
      const given = error.problem.status === 401 ? await page.askAccessKey() : undefined;
      if (given === undefined) throw error;
      key = given;
    }
  }
}

/**
 * Finds out why a WebSocket was refused, which a browser does not tell: asks the same address over
 * plain HTTP, where a full bot answers 503.
 *
 * @returns the refusal, or undefined where the address would take a WebSocket now or does not tell.
 */
export async function probeWebSocket(wsUrl: string): Promise<ProblemError | undefined> {
  const url = new URL(wsUrl);
  url.protocol = url.protocol.replace("ws", "http");
  url.search = "";
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.status === 503 ? new ProblemError(await problemFrom(response)) : undefined;
  } catch {
    return undefined;
  }
}

async function postConnect(
  base: string,
  request: ConnectRequest,
  accessKey: string,
  signal: AbortSignal,
): Promise<Invitation> {
  const response = await reach(`${base}/connect`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(accessKey && { authorization: `Bearer ${accessKey}` }),
    },
    body: JSON.stringify(request),
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (!response.ok) throw new ProblemError(await problemFrom(response));
  const answer: unknown = await response.json().catch(() => undefined);
  const invitation = readInvitation(answer, request.transport);
  if (!invitation) {
    throw new ProblemError({
      ...networkProblem(true),
      slug: "bad-answer",
      title: "The service answered something unexpected",
      detail: "Its answer names no session. This page may be newer or older than the service.",
    });
  }
  return invitation;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new ProblemError(networkProblem(navigator.onLine), error);
  }
}

function readInvitation(answer: unknown, transport: TransportName): Invitation | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  const body = answer as Record<string, unknown>;
  const meeting = READERS[transport](body);
  if (!meeting || typeof body.session_id !== "string") return undefined;
  const resume = typeof body.resume === "string" ? body.resume : undefined;
  return { sessionId: body.session_id, resume, meeting };
}

const READERS: Record<TransportName, (body: Record<string, unknown>) => Meeting | undefined> = {
  websocket: ({ wsUrl }) =>
    typeof wsUrl === "string" ? { transport: "websocket", wsUrl } : undefined,
  webrtc: ({ webrtcRequestParams, iceConfig }) => {
    const endpoint = (webrtcRequestParams as { endpoint?: unknown } | undefined)?.endpoint;
    if (typeof endpoint !== "string") return undefined;
    const iceServers = (iceConfig as Partial<WebRtcMeeting["iceConfig"]> | undefined)?.iceServers;
    return {
      transport: "webrtc",
      webrtcRequestParams: { endpoint },
      iceConfig: { iceServers: iceServers ?? [] },
    };
  },
  daily: ({ room_url: roomUrl, token }) =>
    typeof roomUrl === "string" && typeof token === "string"
      ? { transport: "daily", roomUrl, token }
      : undefined,
};
