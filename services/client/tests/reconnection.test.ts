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

  it("gives up once the service no longer keeps the session", () => {
    let now = 0;
    const reconnection = new Reconnection(
      TO_COME_BACK,
      () => 1,
      () => now,
    );
    expect(reconnection.next()).toBe(500);
    now = 60_000;
    expect(reconnection.remaining).toBe(0);
    expect(reconnection.next()).toBeUndefined();
  });

  it("does not keep somebody waiting for long who wants to begin", () => {
    let now = 0;
    const reconnection = new Reconnection(
      TO_BEGIN,
      () => 1,
      () => now,
    );
    expect(reconnection.next()).toBe(500);
    now = TO_BEGIN.window;
    expect(reconnection.next()).toBeUndefined();
  });
});
