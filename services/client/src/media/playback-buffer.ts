export interface PlaybackTiming {
  /** Samples that must be waiting before playback starts or starts again after running dry. */
  prebuffer: number;
  /** Samples' worth of time after which a shorter rest is played all the same: the end of a reply. */
  patience: number;
  /** Length of the fade that keeps starting, stopping and flushing from clicking. */
  fade: number;
}

/**
 * Holds the agent's audio between the network and the speaker.
 *
 * Audio arrives in uneven chunks and leaves in even blocks. A little is collected first, so that a
 * late chunk is not heard as a gap; `flush` drops everything at once when the caller barges in.
 */
export class PlaybackBuffer {
  readonly #timing: PlaybackTiming;
  #chunks: Float32Array[] = [];
  #offset = 0;
  #waiting = 0;
  #patienceLeft = 0;
  #playing = false;
  #gain = 0;
  #last = 0;

  constructor(timing: PlaybackTiming) {
    this.#timing = timing;
  }

  /** Samples that have not been played. */
  get length(): number {
    return this.#waiting;
  }

  get playing(): boolean {
    return this.#playing;
  }

  push(samples: Float32Array): void {
    if (samples.length === 0) return;
    if (this.#waiting === 0) this.#patienceLeft = this.#timing.patience;
    this.#chunks.push(samples);
    this.#waiting += samples.length;
  }

  /** Drops all audio that has not been played. What follows starts with a new prebuffer. */
  flush(): void {
    this.#chunks = [];
    this.#offset = 0;
    this.#waiting = 0;
    this.#playing = false;
  }

  /** Fills `output` with the next samples, with silence where there are none. */
  pull(output: Float32Array): void {
    if (!this.#playing && this.#waiting > 0) {
      this.#patienceLeft -= output.length;
      this.#playing = this.#waiting >= this.#timing.prebuffer || this.#patienceLeft <= 0;
    }
    const step = 1 / this.#timing.fade;
    for (let index = 0; index < output.length; index++) {
      if (this.#playing && this.#waiting === 0) this.#playing = false;
      if (this.#playing) {
        this.#gain = Math.min(1, this.#gain + step);
        this.#last = this.#shift();
      } else {
        this.#gain = Math.max(0, this.#gain - step);
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
