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
  });

  it("says once a minute that the caller waits, politely", () => {
    const busy = (waited: number, seconds = 5) =>
      describe({ phase: "busy", seconds, waited }, false);
    expect(busy(0).urgent).toBe(false);
    expect(busy(0).announcement).toMatch(/^All agents are busy\. You are connected as soon as/);
    expect(busy(59, 1).announcement).toBe(busy(0).announcement);
    expect(busy(60).announcement).toMatch(/for 1 minute now/);
    expect(busy(119, 0).announcement).toBe(busy(60).announcement);
    expect(busy(120).announcement).toMatch(/for 2 minutes now/);
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

group("waiting in line", () => {
  it("counts down to the next try, and up from the first", () => {
    const detail = (waited: number, seconds: number) =>
      describe({ phase: "busy", seconds, waited }, false).detail;
    expect(detail(0, 5)).toBe("Trying again in 5 s.");
    expect(detail(7, 3)).toBe("Trying again in 3 s. You have been waiting for 0:07.");
    expect(detail(605, 0)).toBe("Trying again now. You have been waiting for 10:05.");
  });

  it("can be cancelled", () => {
    const busy: CallState = { phase: "busy", seconds: 3, waited: 7 };
    expect(startLabel(busy)).toBeUndefined();
    expect(hangUpLabel(busy)).toBe("Cancel");
  });
});

group("the controls", () => {
  it("offer what makes sense", () => {
    expect(startLabel({ phase: "idle" })).toBe("Start call");
    expect(startLabel({ phase: "lost" })).toBe("Reconnect");
    expect(startLabel(LISTENING)).toBeUndefined();
    expect(hangUpLabel(LISTENING)).toBe("End call");
    expect(hangUpLabel({ phase: "connecting", again: true })).toBe("Cancel");
  });
});
