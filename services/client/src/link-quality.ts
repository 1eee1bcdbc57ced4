/** Which way sound comes late or not at all: from the agent, or to it. */
export type Direction = "from-agent" | "to-agent";

/** Seconds within which trouble adds up, and after which it is forgotten. */
const WINDOW = 10;
/** Seconds of sound lost in that time that a person notices. */
const NOTICEABLE = 0.25;

/**
 * Tells a slow connection from one late packet: sound that is missing adds up for ten seconds, and a
 * quarter of a second of it is worth a word.
 */
export class LinkQuality {
  #lost: { at: number; direction: Direction; seconds: number }[] = [];
  #slow: Direction | undefined;

  /** Notes that sound was lost or late, at a time in seconds. */
  lost(direction: Direction, seconds: number, now: number): void {
    this.#lost.push({ at: now, direction, seconds });
  }

  /** Which way the connection is slow now; the agent's hearing comes first. */
  slow(now: number): Direction | undefined {
    this.#lost = this.#lost.filter(({ at }) => now - at < WINDOW);
    const total = (wanted: Direction) =>
      this.#lost
        .filter(({ direction }) => direction === wanted)
        .reduce((sum, { seconds }) => sum + seconds, 0);
    // Once said it stays until all is forgotten: a note that comes and goes is worse than none.
    const enough = (direction: Direction) =>
      total(direction) >= (this.#slow === direction ? Number.EPSILON : NOTICEABLE);
    this.#slow = (["to-agent", "from-agent"] as const).find(enough);
    return this.#slow;
  }

  forget(): void {
    this.#lost = [];
    this.#slow = undefined;
  }
}

const WORDS: Record<Direction, string> = {
  "from-agent": "Your connection is slow. You may hear gaps.",
  "to-agent": "Your connection is slow. The agent may miss some of what you say.",
};

/** What the page says of a slow connection; nothing of a good one. */
export function linkNote(slow: Direction | undefined): string {
  return slow ? WORDS[slow] : "";
}
