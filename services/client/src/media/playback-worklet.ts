import { PlaybackBuffer } from "./playback-buffer.ts";
import { Resampler } from "./resampler.ts";

/** From the page: audio to play, or `"flush"`. To the page: whether the agent is audible now. */
export type PlaybackMessage = { samples: Int16Array; sampleRate: number } | "flush";
export type PlaybackReport = { playing: boolean };

const PREBUFFER_SECONDS = 0.1;
const PATIENCE_SECONDS = 0.15;
const FADE_SECONDS = 0.004;

class Playback extends AudioWorkletProcessor {
  readonly #buffer = new PlaybackBuffer({
    prebuffer: PREBUFFER_SECONDS * sampleRate,
    patience: PATIENCE_SECONDS * sampleRate,
    fade: FADE_SECONDS * sampleRate,
  });
  #resampler: Resampler | undefined;
  #inputRate = 0;
  #reported = false;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<PlaybackMessage>) => this.#receive(event.data);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const channel = outputs[0]?.[0];
    if (channel) this.#buffer.pull(channel);
    if (this.#buffer.playing !== this.#reported) {
      this.#reported = this.#buffer.playing;
      this.port.postMessage({ playing: this.#reported } satisfies PlaybackReport);
    }
    return true;
  }

  #receive(message: PlaybackMessage): void {
    if (message === "flush") {
      this.#buffer.flush();
      this.#resampler?.reset();
      return;
    }
    if (this.#resampler === undefined || message.sampleRate !== this.#inputRate) {
      this.#inputRate = message.sampleRate;
      this.#resampler = new Resampler(this.#inputRate, sampleRate);
    }
    this.#buffer.push(this.#resampler.process(Float32Array.from(message.samples, toFloat)));
  }
}

function toFloat(sample: number): number {
  return sample / 32768;
}

registerProcessor("playback", Playback);
