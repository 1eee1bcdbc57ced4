import { describe, expect, it } from "vitest";
import { Reconnection, TO_BEGIN, TO_COME_BACK } from "../src/reconnection.ts";

function delays(random: number, now: () => number = () => 0): number[] {
  const reconnection = new Reconnection(TO_COME_BACK, () => random, now);
  const all: number[] = [];
  for (let delay = reconnection.next(); delay !== undefined; delay = reconnection.next()) {
    all.push(delay);
  }
  return all;
}

describe("Reconnection", () => {
  it("doubles its delays up to a longest one, then gives up", () => {
    expect(delays(1)).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000, 8000]);
  });

  it("spreads callers over the upper half of each delay", () => {
    expect(delays(0)).toEqual(delays(1).map((delay) => delay / 2));
  });

  it.each([
    ["the service no longer keeps the session", TO_COME_BACK, 60_000],
    ["somebody who wants to begin has waited for long", TO_BEGIN, 10_000],
  ])("gives up once %s", (_, patience, window) => {
    let now = 0;
    const reconnection = new Reconnection(
      patience,
      () => 1,
      () => now,
    );
    expect(reconnection.next()).toBe(500);
    now = window;
    expect(reconnection.remaining).toBe(0);
    expect(reconnection.next()).toBeUndefined();
  });
});
