import { describe, expect, it } from "vitest";
import { PlaybackBuffer } from "../src/media/playback-buffer.ts";
import { arrivals, NETWORKS, type Network } from "./networks.ts";

const TIMING = { rate: 1000, wait: { first: 0.1, least: 0.1, most: 0.6 }, fade: 0.001 };
const AT_ONCE = { first: 0, least: 0, most: 0 };

function pulled(buffer: PlaybackBuffer, length: number): number[] {
  const output = new Float32Array(length);
  buffer.pull(output);
  return [...output];
}

function ones(length: number): Float32Array {
  return new Float32Array(length).fill(1);
}

describe("PlaybackBuffer", () => {
  it("plays after the same wait, however much comes at first", () => {
    for (const length of [20, 2000]) {
      const buffer = new PlaybackBuffer(TIMING);
      pulled(buffer, 500);
      buffer.push(ones(length), 0);
      expect(pulled(buffer, 50)).toEqual(Array(50).fill(0));
      expect(pulled(buffer, 50)).toEqual(Array(50).fill(0));
      expect(pulled(buffer, 10)).toEqual(Array(10).fill(1));
      expect(buffer.waiting).toBeCloseTo((length - 10) / 1000);
    }
  });

  it("keeps the order of samples across chunks", () => {
    const buffer = new PlaybackBuffer({ ...TIMING, wait: AT_ONCE });
    buffer.push(Float32Array.of(1, 2), 0);
    buffer.push(Float32Array.of(3), 0);
    buffer.push(Float32Array.of(4, 5), 0);
    expect(pulled(buffer, 5)).toEqual([1, 2, 3, 4, 5]);
  });

  it("is silent at once after a flush, tells what it dropped, and starts anew", () => {
    const buffer = new PlaybackBuffer(TIMING);
    buffer.push(ones(1000), 0);
    pulled(buffer, 100);
    pulled(buffer, 50);
    expect(buffer.flush()).toBeCloseTo(0.95);
    expect(pulled(buffer, 50).slice(1)).toEqual(Array(49).fill(0));
    buffer.push(ones(50), 1);
    expect(pulled(buffer, 100)).toEqual(Array(100).fill(0));
    expect(pulled(buffer, 10)).toEqual(Array(10).fill(1));
  });

  it("counts the silence within a reply and waits again", () => {
    const buffer = new PlaybackBuffer(TIMING);
    buffer.push(ones(100), 0);
    pulled(buffer, 100);
    pulled(buffer, 100);
    pulled(buffer, 80);
    expect(buffer.playing).toBe(false);
    buffer.push(ones(50), 0.28);
    expect(buffer.gaps).toBeCloseTo(0.08);
    pulled(buffer, 100);
    expect(buffer.playing).toBe(false);
  });

  it("counts no silence before, between and after replies", () => {
    const buffer = new PlaybackBuffer(TIMING);
    for (const at of [1, 5]) {
      pulled(buffer, 500);
      buffer.push(ones(60), at);
      pulled(buffer, 20);
      buffer.push(ones(60), at + 0.02);
      pulled(buffer, 80);
      pulled(buffer, 120);
      buffer.finish();
    }
    pulled(buffer, 500);
    expect(buffer.gaps).toBe(0);
  });

  it("fades rather than clicks", () => {
    const buffer = new PlaybackBuffer({ ...TIMING, wait: AT_ONCE, fade: 0.004 });
    buffer.push(ones(8), 0);
    expect(pulled(buffer, 4)).toEqual([0.25, 0.5, 0.75, 1]);
    buffer.flush();
    expect(pulled(buffer, 4)).toEqual([0.75, 0.5, 0.25, 0]);
  });
});

describe("a conversation over a network", () => {
  it.each([
    ["calm", 0, 0.06],
    ["wifi", 0.1, 0.2],
    ["mobile", 0.1, 0.3],
    ["stalls", 0.1, 0.2],
  ] as const)("that is %s", (name, mostGaps, mostDelay) => {
    const { gaps, delay } = conversation(NETWORKS[name]);
    expect(gaps).toBeLessThanOrEqual(mostGaps);
    expect(delay).toBeLessThanOrEqual(mostDelay);
  });
});

/** Ten replies of ten seconds: the silence within the last eight, and the wait in the end. */
function conversation(network: Network): { gaps: number; delay: number } {
  const rate = 8000;
  const block = 64;
  const buffer = new PlaybackBuffer({
    rate,
    wait: { first: 0.06, least: 0.04, most: 0.6 },
    fade: 0.004,
  });
  let learnt = 0;
  for (let reply = 0; reply < 10; reply++) {
    const start = reply * 100;
    const times = arrivals(network, 250, reply + 1);
    const end = (times.at(-1) ?? 0) + 1;
    for (let now = 0; now < end; now += block / rate) {
      while (times[0] !== undefined && times[0] <= now) {
        buffer.push(new Float32Array(rate * 0.04).fill(1), start + now);
        times.shift();
      }
      if (times.length === 0) buffer.finish();
      buffer.pull(new Float32Array(block));
    }
    if (reply === 1) learnt = buffer.gaps;
  }
  return { gaps: buffer.gaps - learnt, delay: buffer.wait };
}
