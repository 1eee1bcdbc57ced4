import { describe, expect, it } from "vitest";
import { Waiting } from "../src/waiting.ts";

describe("Waiting", () => {
  it("never asks before the service wants to be asked", () => {
    for (const random of [0, 0.3, 0.999]) {
      expect(new Waiting(() => random).next(8)).toBeGreaterThanOrEqual(8);
    }
  });

  it("spreads callers that were refused together", () => {
    expect(new Waiting(() => 0).next(8)).toBe(8);
    expect(new Waiting(() => 0.999).next(8)).toBe(10);
  });

  it("has a time of its own where the service named none", () => {
    expect(new Waiting(() => 0).next(undefined)).toBe(5);
  });

  it("knows for how long", () => {
    let now = 1_000_000;
    const waiting = new Waiting(Math.random, () => now);
    expect(waiting.seconds).toBe(0);
    now += 61_900;
    expect(waiting.seconds).toBe(61);
  });

  it("goes on for half an hour, not for ever", () => {
    let now = 0;
    const waiting = new Waiting(
      () => 0,
      () => now,
    );
    now = 29 * 60_000;
    expect(waiting.next(30)).toBe(30);
    now = 30 * 60_000;
    expect(waiting.next(30)).toBeUndefined();
  });
});
