import { describe, expect, it } from "vitest";
import { endOfCall } from "../src/call-state.ts";

describe("endOfCall", () => {
  it.each([
    ["the bot's goodbye", 1000, "", "agent-hung-up"],
    ["an announced end", 1006, "silence-limit", "silence-limit"],
    ["silence", 4408, "", "silence-limit"],
    ["the longest call", 4410, "", "longest-call"],
    ["too many bad frames", 4400, "", "protocol-error"],
  ])("takes %s for the end", (_, code, announced, reason) => {
    expect(endOfCall(code, announced)).toBe(reason);
  });

  it.each([
    ["a lost network", 1006, ""],
    ["a bot that died", 1011, ""],
    ["a bot that drains", 1001, "drained"],
    ["a bot that lost the record", 1001, "taken-over"],
    ["a lost peer connection", undefined, ""],
  ])("comes back after %s", (_, code, announced) => {
    expect(endOfCall(code, announced)).toBeUndefined();
  });
});
