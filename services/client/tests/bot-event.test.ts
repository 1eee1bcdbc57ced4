import { describe, expect, it } from "vitest";
import { readBotEvent } from "../src/bot-event.ts";

describe("readBotEvent", () => {
  it("reads a sentence that is about to be spoken", () => {
    const data = { text: " Hi. ", segment_id: 4, will_be_spoken: true, spoken_status: "new" };
    const event = { type: "agent-text", text: "Hi.", segment: 4, spoken: "new" };
    expect(readBotEvent("bot-output", data)).toEqual(event);
  });

  it("reads progress within a sentence", () => {
    const data = {
      text: "One two.",
      spoken_status: "in-progress",
      spoken_progress: { accumulated_text: "One", remaining_text: "two." },
    };
    expect(readBotEvent("bot-output", data)).toMatchObject({ spoken: 3 });
  });

  it("shows text that is never spoken at once", () => {
    const data = { text: "A link", spoken_status: "new", will_be_spoken: false };
    expect(readBotEvent("bot-output", data)).toMatchObject({ spoken: "completed" });
  });

  it.each([
    [
      { type: "agent-state", state: "reconnecting" },
      { type: "agent-state", reconnecting: true },
    ],
    [
      { type: "agent-state", state: "ready" },
      { type: "agent-state", reconnecting: false },
    ],
    [
      { type: "ended", reason: "silence-limit" },
      { type: "ended", reason: "silence-limit" },
    ],
    [{ type: "something-new" }, undefined],
  ])("reads the server message %j", (data, event) => {
    expect(readBotEvent("server-message", data)).toEqual(event);
  });

  it.each([
    ["metrics", {}],
    ["user-transcription", { text: "  " }],
    ["bot-output", null],
    ["server-message", "text"],
    ["constructor", {}],
  ])("passes over %s with %j", (type, data) => {
    expect(readBotEvent(type, data)).toBeUndefined();
  });
});
