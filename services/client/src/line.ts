import type { Transport } from "@pipecat-ai/client-js";
import type { BotEvent } from "./bot-event.ts";
import type { Direction } from "./link-quality.ts";
import type { Problem } from "./problem.ts";

/** The way to a bot over one transport: Pipecat's part of it, and what Pipecat has no word for. */
export interface Line {
  transport: Transport;
  /** What Pipecat's client hands to the transport to connect with. */
  parameters: unknown;
  /** Milliseconds until the bot must be ready to talk, where the usual ones are too few. */
  readyTimeout?: number;
  /** Whether it stays up when a bot leaves, so that another can come. */
  outlivesBots?: boolean;
  /** Says that the caller hangs up, where leaving alone could also be a dropped connection. */
  sayGoodbye?(): void;
  /** Gives a dead connection up, where the usual way would count as hanging up. */
  abandon?(): void;
}

/** What a line tells of itself, besides what Pipecat's client does. */
export interface LineObserver {
  event(event: BotEvent): void;
  log(text: string, detail?: unknown): void;
  /** So many seconds of sound came late or not at all, as far as the line knows of it. */
  lost(direction: Direction, seconds: number): void;
  /** The line is down; `problem` where it knows words for the person. */
  down(code: number | undefined, reason: string, problem?: Problem): void;
}
