const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8_000;

interface Patience {
  attempts: number;
  /** Milliseconds after which trying again is of no use. */
  window: number;
}

/** As long as the service keeps a dropped session for its caller (RESUME_SECONDS). */
export const TO_COME_BACK: Patience = { attempts: 8, window: 60_000 };
/** For somebody who has clicked on Start, and looks at the page. */
export const TO_BEGIN: Patience = { attempts: 4, window: 10_000 };

/**
 * Says when to try again after a dropped connection, or one that did not come about.
 *
 * Delays double, and each is drawn at random from the upper half of its range, so that the callers of
 * a bot that died do not all come back in the same instant.
 */
export class Reconnection {
  readonly #patience: Patience;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #since: number;
  #attempts = 0;

  constructor(
    patience: Patience,
    random: () => number = Math.random,
    now: () => number = Date.now,
  ) {
    this.#patience = patience;
    this.#random = random;
    this.#now = now;
    this.#since = now();
  }

  get attempt(): number {
    return this.#attempts;
  }

  get attempts(): number {
    return this.#patience.attempts;
  }

  /** Milliseconds for which coming back is of any use. */
  get remaining(): number {
    return Math.max(0, this.#patience.window - (this.#now() - this.#since));
  }

  /** Milliseconds until the next attempt; undefined once trying further is of no use. */
  next(): number | undefined {
    if (this.#attempts >= this.attempts || this.remaining === 0) return undefined;
    const range = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    return range * (0.5 + this.#random() / 2);
  }
}

/** Waits; ends early, without an error, when `signal` aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    if (signal.aborted) done();
    else signal.addEventListener("abort", done);
  });
}

/** Waits until the browser is online, for at most `milliseconds`. */
export async function online(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (navigator.onLine) return;
  const back = new AbortController();
  const notify = () => back.abort();
  window.addEventListener("online", notify, { once: true });
  await pause(milliseconds, AbortSignal.any([signal, back.signal]));
  window.removeEventListener("online", notify);
}
