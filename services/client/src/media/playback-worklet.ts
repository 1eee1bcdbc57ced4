import { PlaybackBuffer } from "./playback-buffer.ts";
import { Resampler } from "./resampler.ts";

/** From the page: audio to play; `"finish"`, a reply's end; `"flush"`, for what was not played yet. */
export type PlaybackMessage = { samples: Int16Array; sampleRate: number } | "finish" | "flush";
/** To the page, at each change. */
export interface PlaybackReport {
  /** Whether the agent is audible now. */
  playing: boolean;
  /** Seconds that sound waits before it is played. */
  wait: number;
  /** Seconds of silence so far within replies, because audio came too late. */
  gaps: number;
  /** In answer to `"flush"`: the seconds that were dropped. */
  dropped?: number;
}

/** The bot sends 80 ms at once and the rest in real time, which is as good as waiting 40 ms longer. */
const WAIT = { first: 0.06, least: 0.04, most: 0.6 };
const FADE_SECONDS = 0.004;

class Playback extends AudioWorkletProcessor {
  readonly #buffer = new PlaybackBuffer({
    rate: sampleRate,
    wait: WAIT,
    fade: FADE_SECONDS,
  });
  #resampler: Resampler | undefined;
  #inputRate = 0;
  #reported: PlaybackReport = { playing: false, wait: WAIT.first, gaps: 0 };

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<PlaybackMessage>) => this.#receive(event.data);
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const channel = outputs[0]?.[0];
    if (channel) this.#buffer.pull(channel);
    const { playing, wait, gaps } = this.#buffer;
    const last = this.#reported;
    if (playing !== last.playing || wait !== last.wait || gaps !== last.gaps) this.#report({});
    return true;
  }

  #receive(message: PlaybackMessage): void {
    if (message === "finish") {
      this.#buffer.finish();
      return;
    }
    if (message === "flush") {
      this.#resampler?.reset();
      this.#report({ dropped: this.#buffer.flush() });
      return;
    }
    if (this.#resampler === undefined || message.sampleRate !== this.#inputRate) {
      this.#inputRate = message.sampleRate;
      this.#resampler = new Resampler(this.#inputRate, sampleRate);
    }
    const samples = Float32Array.from(message.samples, toFloat);
    this.#buffer.push(this.#resampler.process(samples), currentTime);
  }

  #report(more: Pick<PlaybackReport, "dropped">): void {
    const { playing, wait, gaps } = this.#buffer;
    this.#reported = { playing, wait, gaps };
    this.port.postMessage({ ...this.#reported, ...more } satisfies PlaybackReport);
  }
}

function toFloat(sample: number): number {
  return sample / 32768;
}

registerProcessor("playback", Playback);
