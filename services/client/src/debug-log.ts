export interface LogEntry {
  /** ISO 8601, UTC. */
  time: string;
  text: string;
  detail: string;
}

const LONGEST_LOG = 1000;
const LONGEST_DETAIL = 400;

/** The last events of the page, for whoever looks into a call that went wrong. */
export class DebugLog {
  onAdd: (entry: LogEntry) => void = () => undefined;
  readonly #entries: LogEntry[] = [];

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }

  /** Notes an event. `detail` must hold no ticket, token or key. */
  add(text: string, detail?: unknown): void {
    const entry = { time: new Date().toISOString(), text, detail: shown(detail) };
    this.#entries.push(entry);
    if (this.#entries.length > LONGEST_LOG) this.#entries.shift();
    this.onAdd(entry);
  }

  /** The whole log as text, one line an entry. */
  toText(): string {
    return this.#entries
      .map(({ time, text, detail }) => [time, text, detail].filter(Boolean).join("  "))
      .join("\n");
  }
}

function shown(detail: unknown): string {
  const json = detail === undefined ? "" : (JSON.stringify(detail) ?? "");
  return json.length > LONGEST_DETAIL ? `${json.slice(0, LONGEST_DETAIL)}…` : json;
}
