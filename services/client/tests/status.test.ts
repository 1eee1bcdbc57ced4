import { expect, describe as group, it } from "vitest";
import type { CallState } from "../src/call-state.ts";
import { describe, hangUpLabel, startLabel } from "../src/status.ts";

const LISTENING: CallState = { phase: "live", activity: "listening", agent: "here" };
const SPEAKING: CallState = { phase: "live", activity: "speaking", agent: "here" };

group("what a screen reader is told", () => {
  it("does not repeat itself with every turn, mute or second", () => {
    const { announcement } = describe(LISTENING, false);
    expect(describe(SPEAKING, false).announcement).toBe(announcement);
    expect(describe(LISTENING, true).announcement).toBe(announcement);
    const busy = (seconds: number) => describe({ phase: "busy", seconds }, false).announcement;
    expect(busy(1)).toBe(busy(5));
  });

  it("is told of an agent that is not there", () => {
    const away: CallState = { phase: "live", activity: "listening", agent: "away" };
    expect(describe(away, false).announcement).toMatch(/Another agent is joining.*Wait/);
  });

  it("interrupts for what needs an action", () => {
    expect(describe({ phase: "failed", title: "No", detail: "Do." }, false)).toMatchObject({
      urgent: true,
      announcement: "No. Do.",
    });
    expect(describe({ phase: "lost" }, false).urgent).toBe(true);
    expect(describe(LISTENING, false).urgent).toBe(false);
  });
});

group("the controls", () => {
  it("offer what makes sense", () => {
    expect(startLabel({ phase: "idle" })).toBe("Start call");
    expect(startLabel({ phase: "lost" })).toBe("Reconnect");
    expect(startLabel(LISTENING)).toBeUndefined();
    expect(hangUpLabel(LISTENING)).toBe("End call");
    expect(hangUpLabel({ phase: "connecting" })).toBe("Cancel");
  });
});
