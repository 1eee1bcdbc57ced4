import { describe, expect, it } from "vitest";
import { Jitter } from "../src/media/jitter.ts";
import { arrivals, NETWORKS } from "./networks.ts";

const LIMITS = { first: 0.06, least: 0.04, most: 0.6 };
const CHUNK = 0.04;

function reply(jitter: Jitter, times: number[]): number {
  for (const at of times) jitter.arrived(at, CHUNK);
  const wait = jitter.wait;
  jitter.over();
  return wait;
}

describe("Jitter", () => {
  it("waits little on a calm network", () => {
    const jitter = new Jitter(LIMITS);
    expect(reply(jitter, arrivals(NETWORKS.calm, 250))).toBeLessThanOrEqual(0.06);
    expect(jitter.wait).toBeLessThanOrEqual(0.06);
  });

  it("waits at once as long as a late chunk would have needed", () => {
    const jitter = new Jitter(LIMITS);
    jitter.arrived(0, CHUNK);
    jitter.arrived(0.04, CHUNK);
    jitter.arrived(0.08 + 0.2, CHUNK);
    expect(jitter.wait).toBeCloseTo(0.22);
  });

  it("never waits longer than it may", () => {
    const jitter = new Jitter(LIMITS);
    jitter.arrived(0, CHUNK);
    jitter.arrived(9, CHUNK);
    expect(jitter.wait).toBe(0.6);
  });

  it("gives up slowly what it needed once, and at the end of replies only", () => {
    const jitter = new Jitter(LIMITS);
    const worst = reply(jitter, [0, 0.3, 0.31]);
    expect(jitter.wait).toBeGreaterThan(worst * 0.9);
    const waits: number[] = [];
    for (let round = 0; round < 20; round++) {
      reply(jitter, arrivals(NETWORKS.calm, 100));
      waits.push(jitter.wait);
    }
    expect(waits).toEqual(waits.toSorted((a, b) => b - a));
    expect(waits[0]).toBeGreaterThan(0.2);
    expect(waits.at(-1)).toBeLessThan(0.1);
  });

  it("does not take the pause between two replies for jitter", () => {
    const jitter = new Jitter(LIMITS);
    reply(jitter, arrivals(NETWORKS.calm, 50));
    jitter.arrived(1000, CHUNK);
    jitter.arrived(1000.04, CHUNK);
    expect(jitter.wait).toBeLessThanOrEqual(0.06);
  });
});
