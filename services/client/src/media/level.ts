/** Measures how loud an audio node is at the moment of asking. */
export class LevelMeter {
  readonly #analyser: AnalyserNode;
  readonly #samples: Float32Array<ArrayBuffer>;

  constructor(context: AudioContext, source: AudioNode) {
    this.#analyser = new AnalyserNode(context, { fftSize: 2048 });
    this.#samples = new Float32Array(this.#analyser.fftSize);
    source.connect(this.#analyser);
  }

  /** Root mean square of the last 2048 samples: 0 is silence, a full-scale sine is 0.71. */
  read(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }
}

const FLOOR_DECIBELS = -55;

/** Maps a root mean square to 0..1 the way loudness is perceived, for what is drawn. */
export function perceived(rms: number): number {
  if (rms <= 0) return 0;
  const decibels = 20 * Math.log10(rms);
  return Math.max(0, Math.min(1, 1 - (decibels + 6) / (FLOOR_DECIBELS + 6)));
}
