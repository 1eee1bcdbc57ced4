export interface JitterLimits {
  /** Seconds that a reply waits where nothing is known of the network yet. */
  first: number;
  /** The least and the most that one ever waits, in seconds. */
  least: number;
  most: number;
}

/** What a chunk may take longer than any before it, in seconds: timers and threads. */
const MARGIN = 0.02;
/** Seconds of calm after which the network counts as calm. */
const CALM = 30;
/** The wait changes in such steps: an echo canceller at the other end learns each one anew. */
const STEP = 0.02;

/**
 * Learns from when the chunks of a reply arrive how long it must wait before it is played, so that no
 * late chunk is heard as a gap. All times are in seconds.
 *
 * A chunk is late by how much longer it took than the fastest of its reply. What is needed is known at
 * once and given up slowly, at the end of each reply: a gap is worse than a tenth of a second.
 */
export class Jitter {
  readonly #limits: JitterLimits;
  #learnt: number;
  #media = 0;
  #fastest = Number.POSITIVE_INFINITY;
  #needed = 0;

  constructor(limits: JitterLimits) {
    this.#limits = limits;
    this.#learnt = limits.first;
  }

  /** Seconds to wait before playing. */
  get wait(): number {
    return Math.round(Math.ceil(this.#learnt / STEP - 1e-6) * STEP * 1000) / 1000;
  }

  /** Takes note of a chunk of `seconds` that arrives at `now`, by any clock. */
  arrived(now: number, seconds: number): void {
    const offset = now - this.#media;
    this.#fastest = Math.min(this.#fastest, offset);
    this.#media += seconds;
    this.#needed = Math.max(this.#needed, offset - this.#fastest + MARGIN);
    this.#learnt = Math.min(this.#limits.most, Math.max(this.#learnt, this.#needed));
  }

  /** The reply is over, or was cut short: what comes next comes in its own time. */
  over(): void {
    const share = Math.min(1, this.#media / CALM);
    const needed = Math.max(this.#needed, this.#limits.least);
    if (this.#media > 0) this.#learnt -= Math.max(0, this.#learnt - needed) * share;
    this.#media = 0;
    this.#fastest = Number.POSITIVE_INFINITY;
    this.#needed = 0;
  }
}
