const USUAL_RETRY_SECONDS = 5;
const LONGEST_WAIT_MS = 30 * 60_000;

/**
 * Says when to ask again while all agents are busy, and for how long that has been going on.
 *
 * Each wait is as long as the service asked for or up to a quarter longer, drawn at random: callers
 * that were refused together do not all come back in the same instant.
 */
export class Waiting {
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #since: number;

  constructor(random: () => number = Math.random, now: () => number = Date.now) {
    this.#random = random;
    this.#now = now;
    this.#since = now();
  }

  /** Whole seconds so far. */
  get seconds(): number {
    return Math.max(0, Math.floor((this.#now() - this.#since) / 1000));
  }

  /**
   * Whole seconds until the next try; undefined once nobody waits that long.
   *
   * @param retryAfter - what the service asked for, if it did.
   */
  next(retryAfter: number | undefined): number | undefined {
    if (this.#now() - this.#since >= LONGEST_WAIT_MS) return undefined;
    return Math.ceil((retryAfter ?? USUAL_RETRY_SECONDS) * (1 + this.#random() / 4));
  }
}
