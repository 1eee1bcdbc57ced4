import { Resampler } from "./resampler.ts";

/** What the bot listens to: 16 kHz, 16 bit, mono, in frames of 20 ms. */
const BOT_RATE = 16_000;
const FRAME_SAMPLES = 320;

/** Posts the microphone's audio as one `ArrayBuffer` a frame; silence while the microphone gives none. */
class Capture extends AudioWorkletProcessor {
  readonly #resampler = new Resampler(sampleRate, BOT_RATE);
  #frame = new Int16Array(FRAME_SAMPLES);
  #filled = 0;

  process(inputs: Float32Array[][]): boolean {
    const input = inputs[0]?.[0] ?? new Float32Array(128);
    for (const sample of this.#resampler.process(input)) {
      this.#frame[this.#filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.#filled === FRAME_SAMPLES) this.#post();
    }
    return true;
  }

  #post(): void {
    const { buffer } = this.#frame;
    this.port.postMessage(buffer, [buffer]);
    this.#frame = new Int16Array(FRAME_SAMPLES);
    this.#filled = 0;
  }
}

registerProcessor("capture", Capture);
