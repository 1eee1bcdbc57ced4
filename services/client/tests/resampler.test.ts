import { describe, expect, it } from "vitest";
import { Resampler } from "../src/media/resampler.ts";

function tone(hertz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: rate * seconds }, (_, index) =>
    Math.sin((2 * Math.PI * hertz * index) / rate),
  );
}

function resampled(input: Float32Array, from: number, to: number, chunk: number): Float32Array {
  const resampler = new Resampler(from, to);
  const parts: number[] = [];
  for (let at = 0; at < input.length; at += chunk) {
    parts.push(...resampler.process(input.subarray(at, at + chunk)));
  }
  return Float32Array.from(parts);
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

describe("Resampler", () => {
  it.each([
    [48_000, 16_000],
    [44_100, 16_000],
    [24_000, 48_000],
    [24_000, 44_100],
  ])("keeps length and loudness of speech from %i to %i Hz", (from, to) => {
    const output = resampled(tone(440, from, 1), from, to, 128);
    expect(Math.abs(output.length - to)).toBeLessThan(to * 0.005);
    expect(rms(output.subarray(to / 10))).toBeCloseTo(Math.SQRT1_2, 2);
  });

  it("lets nothing above the new Nyquist frequency fold into speech", () => {
    const output = resampled(tone(11_000, 48_000, 0.5), 48_000, 16_000, 128);
    expect(rms(output.subarray(1000))).toBeLessThan(0.01);
  });

  it("gives the same samples whatever the chunks", () => {
    const input = tone(700, 48_000, 0.2);
    const small = resampled(input, 48_000, 16_000, 128);
    const large = resampled(input, 48_000, 16_000, 4096);
    const length = Math.min(small.length, large.length);
    for (let index = 0; index < length; index++) {
      expect(small[index]).toBeCloseTo(large[index] ?? Number.NaN, 5);
    }
  });

  it("passes audio of the right rate through", () => {
    const input = tone(440, 16_000, 0.1);
    expect(new Resampler(16_000, 16_000).process(input)).toBe(input);
  });
});
