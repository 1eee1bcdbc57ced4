import { type Direction, LinkQuality, linkNote } from "./link-quality.ts";
import { element, write } from "./page.ts";

/** The small note under the call's status that tells of a slow connection. */
export class LinkNote {
  readonly #note = element("link-note", HTMLElement);
  readonly #quality = new LinkQuality();
  #looking: ReturnType<typeof setInterval> | undefined;

  /** Sound came late or not at all. */
  lost(direction: Direction, seconds: number): void {
    this.#quality.lost(direction, seconds, performance.now() / 1000);
    this.#looking ??= setInterval(() => this.#show(), 1000);
    this.#show();
  }

  /** The connection is another one, or none. */
  clear(): void {
    this.#quality.forget();
    this.#show();
  }

  #show(): void {
    const slow = this.#quality.slow(performance.now() / 1000);
    write(this.#note, linkNote(slow));
    if (slow) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }
}
