import { describe, expect, it } from "vitest";
import { toolLabel } from "../src/tool-label.ts";
import type { ToolCall } from "../src/transcript.ts";

function call(name: string, state: ToolCall["state"]): ToolCall {
  return { role: "tool", id: 0, callId: "1", name, state };
}

describe("toolLabel", () => {
  it.each([
    ["track_order", "running", "Looking up the order…"],
    ["track_order", "done", "Looked up the order"],
    ["reset_password", "done", "Used reset password"],
    ["constructor", "cancelled", "Stopped constructor"],
    ["", "running", "Using a tool…"],
  ] as const)("says of %j, %s: %s", (name, state, label) => {
    expect(toolLabel(call(name, state))).toBe(label);
  });
});
