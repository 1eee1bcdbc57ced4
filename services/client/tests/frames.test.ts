import { describe, expect, it } from "vitest";
import { decodeFrame } from "../src/frames.ts";

function field(number: number, ...content: number[]): number[] {
  return [number * 8 + 2, content.length, ...content];
}

function decode(...bytes: number[]) {
  return decodeFrame(Uint8Array.from(bytes));
}

describe("decodeFrame", () => {
  it("reads audio with its sample rate", () => {
    const audio = [...field(3, 0x01, 0x00, 0xff, 0x7f, 0x00, 0x80), 4 * 8, 0x80, 0x7d, 5 * 8, 1];
    expect(decode(...field(2, 8, 5, ...field(2, 97), ...audio))).toEqual({
      kind: "audio",
      samples: Int16Array.of(1, 32767, -32768),
      sampleRate: 16_000,
    });
  });

  it("drops half a sample rather than the frame", () => {
    const frame = decode(...field(2, ...field(3, 1, 0, 7)));
    expect(frame).toMatchObject({ samples: Int16Array.of(1) });
  });

  it("reads a message", () => {
    expect(decode(...field(4, ...field(1, 0x7b, 0x7d)))).toEqual({ kind: "message", json: "{}" });
  });

  it("reads an interruption and passes over kinds that the page has no use for", () => {
    expect(decode(...field(5))).toEqual({ kind: "interruption" });
    expect(decode(...field(1, ...field(3, 97)))).toEqual({ kind: "other" });
    expect(decode()).toEqual({ kind: "other" });
  });

  it.each([
    ["a truncated field", [0x12, 5, 1]],
    ["a number that never ends", [0x08, ...Array(11).fill(0xff)]],
    ["an unknown wire type", [0x0b]],
  ])("refuses %s", (_, bytes) => {
    expect(() => decode(...bytes)).toThrow(RangeError);
  });
});
