import { describe, expect, it } from "vitest";
import { echoAdvice, microphoneAdvice } from "../src/sound-check/advice.ts";
import { decibels, readMicrophone, usualLevel } from "../src/sound-check/reading.ts";
import { generator } from "./networks.ts";

const RATE = 16_000;

/** Half a second of noise, half a second of voice, and so on, each with a level in dB. */
function recording(room: number, voice: number, seconds = 4): Float32Array {
  const random = generator(1);
  return Float32Array.from({ length: seconds * RATE }, (_, index) => {
    const speaking = Math.floor(index / (RATE / 2)) % 2 === 1;
    const noise = 10 ** (room / 20) * Math.sqrt(3) * (2 * random() - 1);
    const tone = 10 ** (voice / 20) * Math.SQRT2 * Math.sin(index / 5);
    return Math.max(-1, Math.min(1, noise + (speaking ? tone : 0)));
  });
}

function verdict(room: number, voice: number): string {
  return microphoneAdvice(readMicrophone(recording(room, voice), RATE)).title;
}

describe("a microphone", () => {
  it("is read by its voice and its room", () => {
    const reading = readMicrophone(recording(-60, -20), RATE);
    expect(reading.voice).toBeCloseTo(-20, 0);
    expect(reading.room).toBeCloseTo(-60, 0);
    expect(reading.clipped).toBe(0);
  });

  it.each([
    ["Fine", -60, -20],
    ["Too quiet", -75, -48],
    ["Too loud", -60, -1],
    ["A noisy room", -38, -20],
    ["A noisy room", -52, -40],
    ["Nothing was heard", -95, -90],
  ])("%s", (title, room, voice) => {
    expect(verdict(room, voice)).toBe(title);
  });

  it("that gives nothing at all is no error", () => {
    expect(microphoneAdvice(readMicrophone(new Float32Array(0), RATE)).verdict).toBe("bad");
    expect(decibels(new Float32Array(10))).toBe(-100);
  });
});

describe("an echo", () => {
  it("that is not there is none", () => {
    expect(echoAdvice({ room: -60, cancelled: -60, raw: -55 }).title).toBe("No echo");
  });

  it("that the browser removes is fine", () => {
    const advice = echoAdvice({ room: -60, cancelled: -58, raw: -30 });
    expect(advice.title).toBe("Fine");
    expect(advice.detail).toContain("28 dB");
  });

  it("that is left is a reason for a headset", () => {
    expect(echoAdvice({ room: -60, cancelled: -35, raw: -30 }).title).toBe("Use a headset");
  });

  it("is not mistaken for a single click", () => {
    const quiet = recording(-60, -100, 1);
    quiet.fill(0.9, 100, 500);
    expect(usualLevel(quiet, RATE)).toBeLessThan(-55);
  });
});
