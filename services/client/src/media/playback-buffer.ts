import { Jitter, type JitterLimits } from "./jitter.ts";

export interface PlaybackTiming {
  /** Samples a second of what is pushed and pulled. */
  rate: number;
  /** How long sound waits before it is played, at a reply's start or after running dry. */
  wait: JitterLimits;
  /** Seconds of the fade that keeps starting, stopping and flushing from clicking. */
  fade: number;
}

/**
 * Holds the agent's audio between the network and the speaker.
 *
 * Audio arrives in uneven chunks and leaves in even blocks. It waits a little first, so that a late
 * chunk is not heard as a gap: as long as the network has been seen to need (`Jitter`), and as long at
 * each reply, which echo cancellers rely on. `flush` drops everything when the caller barges in.
 */
export class PlaybackBuffer {
  readonly #timing: PlaybackTiming;
  readonly #jitter: Jitter;
  #chunks: Float32Array[] = [];
  #offset = 0;
  #waiting = 0;
  #pause = 0;
  #playing = false;
  #replying = false;
  #heard = false;
  #dry = 0;
  #gaps = 0;
  #gain = 0;
  #last = 0;

  constructor(timing: PlaybackTiming) {
    this.#timing = timing;
    this.#jitter = new Jitter(timing.wait);
  }

  /** Seconds that have not been played. */
  get waiting(): number {
    return this.#waiting / this.#timing.rate;
  }

  get playing(): boolean {
    return this.#playing;
  }

  /** Seconds that sound waits before it is played. */
  get wait(): number {
    return this.#jitter.wait;
  }

  /** Seconds of silence so far that were heard within replies, because audio came too late. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Takes a chunk that arrived at `now`, in seconds of any clock. */
  push(samples: Float32Array, now: number): void {
    if (samples.length === 0) return;
    if (this.#heard) this.#gaps += this.#dry / this.#timing.rate;
    this.#dry = 0;
    this.#replying = true;
    this.#jitter.arrived(now, samples.length / this.#timing.rate);
    if (this.#waiting === 0 && !this.#playing) this.#pause = this.#jitter.wait * this.#timing.rate;
    this.#chunks.push(samples);
    this.#waiting += samples.length;
  }

  /** No more of this reply is to come: silence after it is no gap. */
  finish(): void {
    this.#replying = false;
    this.#heard = false;
    this.#jitter.over();
  }

  /** Drops all audio that has not been played and tells how many seconds. */
  flush(): number {
    const dropped = this.waiting;
    this.#chunks = [];
    this.#offset = 0;
    this.#waiting = 0;
    this.#playing = false;
    this.finish();
    return dropped;
  }

  /** Fills `output` with the next samples, with silence where there are none. */
  pull(output: Float32Array): void {
    const { rate, fade } = this.#timing;
    if (!this.#playing && this.#waiting > 0) {
      this.#playing = this.#pause <= 0;
      this.#pause -= output.length;
    }
    const step = 1 / (fade * rate);
    for (let index = 0; index < output.length; index++) {
      if (this.#playing && this.#waiting === 0) this.#playing = false;
      if (this.#playing) {
        if (!this.#heard) this.#dry = 0;
        this.#heard = this.#replying;
        this.#gain = Math.min(1, this.#gain + step);
        this.#last = this.#shift();
      } else {
        this.#gain = Math.max(0, this.#gain - step);
        this.#dry += 1;
      }
      output[index] = this.#last * this.#gain;
    }
  }

  #shift(): number {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return 0;
    const sample = chunk[this.#offset] ?? 0;
    this.#offset += 1;
    this.#waiting -= 1;
    if (this.#offset === chunk.length) {
      this.#chunks.shift();
      this.#offset = 0;
    }
    return sample;
  }
}
