import type { MicrophoneReading } from "./advice.ts";

const BLOCK_SECONDS = 0.05;
const FULL_SCALE = 0.999;
const FLOOR = -100;

/** Root mean square in dB of full scale, -100 for silence. */
export function decibels(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const power = sum / Math.max(1, samples.length);
  return power > 0 ? Math.max(FLOOR, 10 * Math.log10(power)) : FLOOR;
}

/** Reads a recording of somebody who speaks, with pauses. */
export function readMicrophone(samples: Float32Array, rate: number): MicrophoneReading {
  const levels = blocks(samples, rate)
    .map(decibels)
    .toSorted((a, b) => a - b);
  const clipped = samples.reduce((sum, sample) => sum + Number(Math.abs(sample) >= FULL_SCALE), 0);
  return {
    voice: levels.at(-1) ?? FLOOR,
    room: levels[Math.floor(levels.length / 10)] ?? FLOOR,
    clipped: clipped / Math.max(1, samples.length),
  };
}

/** The usual level of a recording, which a single click or cough does not change. */
export function usualLevel(samples: Float32Array, rate: number): number {
  const levels = blocks(samples, rate)
    .map(decibels)
    .toSorted((a, b) => a - b);
  return levels[Math.floor(levels.length / 2)] ?? FLOOR;
}

function blocks(samples: Float32Array, rate: number): Float32Array[] {
  const length = Math.round(rate * BLOCK_SECONDS);
  return Array.from({ length: Math.floor(samples.length / length) }, (_, index) =>
    samples.subarray(index * length, (index + 1) * length),
  );
}
