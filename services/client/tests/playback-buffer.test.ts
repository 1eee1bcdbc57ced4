import { describe, expect, it } from "vitest";
import { PlaybackBuffer } from "../src/media/playback-buffer.ts";

const TIMING = { prebuffer: 100, patience: 150, fade: 1 };

function pulled(buffer: PlaybackBuffer, length: number): number[] {
  const output = new Float32Array(length);
  buffer.pull(output);
  return [...output];
}

function ones(length: number): Float32Array {
  return new Float32Array(length).fill(1);
}

describe("PlaybackBuffer", () => {
  it("stays silent until enough has come", () => {
    const buffer = new PlaybackBuffer(TIMING);
    buffer.push(ones(99));
    expect(pulled(buffer, 10)).toEqual(Array(10).fill(0));
    buffer.push(ones(1));
    expect(pulled(buffer, 10)).toEqual(Array(10).fill(1));
    expect(buffer.length).toBe(90);
  });

  it("plays a reply that is shorter than the prebuffer", () => {
    const buffer = new PlaybackBuffer(TIMING);
    buffer.push(ones(20));
    expect(pulled(buffer, 140).some((sample) => sample > 0)).toBe(false);
    expect(pulled(buffer, 20)).toEqual(Array(20).fill(1));
  });

  it("keeps the order of samples across chunks", () => {
    const buffer = new PlaybackBuffer({ ...TIMING, prebuffer: 1 });
    buffer.push(Float32Array.of(1, 2));
    buffer.push(Float32Array.of(3));
    buffer.push(Float32Array.of(4, 5));
    expect(pulled(buffer, 5)).toEqual([1, 2, 3, 4, 5]);
  });

  it("is silent at once after a flush, and starts anew with what follows", () => {
    const buffer = new PlaybackBuffer(TIMING);
    buffer.push(ones(1000));
    pulled(buffer, 50);
    buffer.flush();
    expect(pulled(buffer, 50).slice(1)).toEqual(Array(49).fill(0));
    buffer.push(ones(50));
    expect(pulled(buffer, 10)).toEqual(Array(10).fill(0));
    buffer.push(ones(50));
    expect(pulled(buffer, 10)).toEqual(Array(10).fill(1));
  });

  it("collects again after it ran dry", () => {
    const buffer = new PlaybackBuffer(TIMING);
    buffer.push(ones(100));
    pulled(buffer, 110);
    expect(buffer.playing).toBe(false);
    buffer.push(ones(50));
    pulled(buffer, 10);
    expect(buffer.playing).toBe(false);
  });

  it("fades rather than clicks", () => {
    const buffer = new PlaybackBuffer({ prebuffer: 1, patience: 1, fade: 4 });
    buffer.push(ones(8));
    expect(pulled(buffer, 4)).toEqual([0.25, 0.5, 0.75, 1]);
    buffer.flush();
    expect(pulled(buffer, 4)).toEqual([0.75, 0.5, 0.25, 0]);
  });
});
