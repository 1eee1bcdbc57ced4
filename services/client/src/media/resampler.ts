const LOBES = 16;
/** Points at which the filter is known between two input samples; in between it is interpolated. */
const RESOLUTION = 256;

/**
 * Changes the sample rate of a mono stream, chunk by chunk, with a Hann-windowed sinc filter.
 *
 * Going down, the filter's cut-off moves to the new Nyquist frequency so that nothing aliases into
 * speech. It delays the stream by `LOBES` samples of the lower rate: 1 ms at 16 kHz.
 */
export class Resampler {
  readonly #step: number;
  readonly #reach: number;
  readonly #kernel: Float32Array;
  #history: Float32Array;
  /** Where the next output sample lies, in input samples from the start of `#history`. */
  #position: number;

  constructor(inputRate: number, outputRate: number) {
    this.#step = inputRate / outputRate;
    const cutoff = Math.min(1, outputRate / inputRate);
    this.#reach = Math.ceil(LOBES / cutoff);
    this.#kernel = halfKernel(this.#reach, cutoff);
    this.#history = new Float32Array(this.#reach);
    this.#position = this.#reach;
  }

  /** Takes the next input samples; returns the output samples that are now complete. */
  process(input: Float32Array): Float32Array {
    if (this.#step === 1) return input;
    const samples = new Float32Array(this.#history.length + input.length);
    samples.set(this.#history);
    samples.set(input, this.#history.length);

    const last = samples.length - this.#reach;
    const count = Math.max(0, Math.ceil((last - this.#position) / this.#step));
    const output = new Float32Array(count);
    for (let index = 0; index < count; index++) {
      output[index] = this.#interpolate(samples, this.#position + index * this.#step);
    }
    this.#position += count * this.#step;

    const keepFrom = Math.max(0, Math.floor(this.#position) - this.#reach);
    this.#history = samples.slice(keepFrom);
    this.#position -= keepFrom;
    return output;
  }

  /** Forgets what came before, so that the next stream does not begin with the last one's tail. */
  reset(): void {
    this.#history = new Float32Array(this.#reach);
    this.#position = this.#reach;
  }

  #interpolate(samples: Float32Array, position: number): number {
    const first = Math.max(0, Math.ceil(position - this.#reach));
    const end = Math.min(samples.length, Math.floor(position + this.#reach) + 1);
    let sum = 0;
    for (let index = first; index < end; index++) {
      const place = Math.abs(index - position) * RESOLUTION;
      const below = Math.floor(place);
      const left = this.#kernel[below] ?? 0;
      const right = this.#kernel[below + 1] ?? 0;
      sum += (samples[index] ?? 0) * (left + (right - left) * (place - below));
    }
    return sum;
  }
}

/** The right half of the symmetric filter, from its centre to `reach` input samples away. */
function halfKernel(reach: number, cutoff: number): Float32Array {
  return Float32Array.from({ length: reach * RESOLUTION + 1 }, (_, index) => {
    const distance = index / RESOLUTION;
    const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / reach);
    const angle = Math.PI * distance * cutoff;
    return cutoff * window * (angle === 0 ? 1 : Math.sin(angle) / angle);
  });
}
