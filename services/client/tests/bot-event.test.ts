import { describe, expect, it } from "vitest";
import { readBotEvent } from "../src/bot-event.ts";

describe("readBotEvent", () => {
  it("reads a sentence that is announced, and passes over its repetition", () => {
    const sentence = { text: " Hi. ", will_be_spoken: false, spoken_status: "new" };
    expect(readBotEvent("bot-output", sentence)).toEqual({ type: "agent-text", text: "Hi." });
    const repeated = { ...sentence, spoken_status: "completed" };
    expect(readBotEvent("bot-output", repeated)).toBeUndefined();
  });

  it("reads the words that are being spoken", () => {
    const words = { type: "agent-words", text: "is" };
    expect(readBotEvent("bot-tts-text", { text: "is " })).toEqual(words);
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
