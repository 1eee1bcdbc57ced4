import { afterEach, describe, expect, it, vi } from "vitest";
import { requestSession, type TransportName } from "../src/connect.ts";
import type { ProblemError } from "../src/problem.ts";

const SESSION = { session_id: "ses_1", bot_id: "bot_1", resume: "again" };

function answerWith(body: unknown): void {
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body)));
}

function ask(transport: TransportName, ...keys: string[]) {
  const page = {
    accessKey: () => "",
    askAccessKey: async () => keys.shift(),
    log: () => undefined,
  };
  return requestSession("", { transport }, page, new AbortController().signal);
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("requestSession", () => {
  it.each<[TransportName, object, object]>([
    ["websocket", { wsUrl: "ws://x/ws" }, { wsUrl: "ws://x/ws" }],
    [
      "webrtc",
      { webrtcRequestParams: { endpoint: "http://x/webrtc", more: 1 } },
      { webrtcRequestParams: { endpoint: "http://x/webrtc" }, iceConfig: { iceServers: [] } },
    ],
    [
      "daily",
      { room_url: "https://x.daily.co/room", token: "t" },
      { roomUrl: "https://x.daily.co/room", token: "t" },
    ],
  ])("reads where to meet the bot over %s", async (transport, answer, meeting) => {
    answerWith({ ...SESSION, ...answer });
    expect(await ask(transport)).toEqual({
      sessionId: "ses_1",
      resume: "again",
      meeting: { transport, ...meeting },
    });
  });

  it("asks for keys until one fits", async () => {
    answerWith({ ...SESSION, wsUrl: "ws://x/ws" });
    const { fetch } = globalThis;
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      const { authorization } = init.headers as Record<string, string>;
      return authorization === "Bearer right" ? fetch(url) : new Response("{}", { status: 401 });
    });
    await expect(ask("websocket", "wrong", "right", "spare")).resolves.toMatchObject({});
    await expect(ask("websocket", "wrong")).rejects.toMatchObject({ problem: { status: 401 } });
  });

  it.each<[TransportName, unknown]>([
    ["websocket", { ...SESSION, room_url: "https://x.daily.co/room", token: "t" }],
    ["webrtc", { ...SESSION, webrtcRequestParams: null }],
    ["daily", { ...SESSION, room_url: "https://x.daily.co/room" }],
    ["daily", { room_url: "https://x.daily.co/room", token: "t" }],
    ["daily", null],
  ])("takes no other answer for one over %s", async (transport, answer) => {
    answerWith(answer);
    const refused = await ask(transport).catch((error: ProblemError) => error.problem);
    expect(refused).toMatchObject({ slug: "bad-answer" });
  });
});
