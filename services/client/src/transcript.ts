import type { BotEvent } from "./bot-event.ts";

export interface UserTurn {
  role: "user";
  id: number;
  /** What was understood for good, and what may still change. */
  text: string;
  interim: string;
}

export interface AssistantTurn {
  role: "assistant";
  id: number;
  segments: Segment[];
  interrupted: boolean;
}

/** A piece of the agent's text, as a rule a sentence; `heard` counts its characters that were spoken. */
export interface Segment {
  text: string;
  heard: number;
}

export interface ToolCall {
  role: "tool";
  id: number;
  callId: string;
  name: string;
  state: "running" | "done" | "cancelled";
}

/** A remark of the page itself, such as a restored connection. */
export interface Note {
  role: "note";
  id: number;
  text: string;
}

export type TranscriptItem = UserTurn | AssistantTurn | ToolCall | Note;

/** About how many characters are spoken in a second, for a bot that does not tell word by word. */
const CHARACTERS_A_SECOND = 15;

/**
 * The conversation as it is shown: both sides, tools, and what was not heard because the caller
 * barged in. It knows nothing of the page; `onChange` gets each item that is new or changed.
 */
export class Transcript {
  onChange: (item: TranscriptItem) => void = () => undefined;
  readonly items: TranscriptItem[] = [];
  #turnOpen = false;
  #toldWordByWord = false;

  apply(event: BotEvent): void {
    switch (event.type) {
      case "user-text":
        this.#hearUser(event.text, event.final);
        break;
      case "agent-text":
        this.#hearAgent(event.text);
        break;
      case "agent-words":
        this.#hearWords(event.text);
        break;
      case "interrupted":
      case "user-started-speaking":
        this.#interrupt();
        break;
      case "agent-stopped-speaking":
        this.#finish();
        break;
      case "tool-started":
        this.#startTool(event.id, event.name);
        break;
      case "tool-stopped":
        this.#stopTool(event.id, event.cancelled);
        break;
    }
  }

  note(text: string): void {
    this.#turnOpen = false;
    this.#add({ role: "note", id: this.items.length, text });
  }

  /** Lets `seconds` of the agent's speech pass: marks the words of that time as heard. */
  advance(seconds: number): void {
    const turn = this.#assistantTurn();
    const segment = turn?.segments.find(unheard);
    if (!turn || !segment || turn.interrupted || this.#toldWordByWord) return;
    segment.heard = Math.min(segment.text.length, segment.heard + seconds * CHARACTERS_A_SECOND);
    this.onChange(turn);
  }

  #hearUser(text: string, final: boolean): void {
    const last = this.items.at(-1);
    const turn: UserTurn =
      last?.role === "user" ? last : { role: "user", id: this.items.length, text: "", interim: "" };
    turn.interim = final ? "" : text;
    if (final) turn.text = turn.text ? `${turn.text} ${text}` : text;
    this.#turnOpen = false;
    if (turn === last) this.onChange(turn);
    else this.#add(turn);
  }

  #hearAgent(text: string): void {
    const turn = this.#assistantTurn();
    const segment = { text, heard: 0 };
    if (turn && this.#turnOpen && this.items.at(-1) === turn) {
      if (!this.#toldWordByWord) hearAll(turn.segments);
      turn.segments.push(segment);
      this.onChange(turn);
      return;
    }
    this.#turnOpen = true;
    const id = this.items.length;
    this.#add({ role: "assistant", id, segments: [segment], interrupted: false });
  }

  #hearWords(words: string): void {
    this.#toldWordByWord = true;
    const turn = this.#assistantTurn();
    if (!turn || turn.interrupted) return;
    const index = turn.segments.findIndex((segment) => endOf(words, segment) !== undefined);
    const segment = turn.segments[index];
    if (!segment) return;
    hearAll(turn.segments.slice(0, index));
    segment.heard = endOf(words, segment) ?? segment.heard;
    this.onChange(turn);
  }

  #interrupt(): void {
    const turn = this.#assistantTurn();
    if (!turn || !this.#turnOpen) return;
    this.#turnOpen = false;
    if (!turn.segments.some(unheard)) return;
    turn.interrupted = true;
    this.onChange(turn);
  }

  #finish(): void {
    const turn = this.#assistantTurn();
    if (!turn || turn.interrupted) return;
    hearAll(turn.segments);
    this.onChange(turn);
  }

  #startTool(callId: string, name: string): void {
    this.#turnOpen = false;
    this.#add({ role: "tool", id: this.items.length, callId, name, state: "running" });
  }

  #stopTool(callId: string, cancelled: boolean): void {
    const tool = this.items.findLast((item) => item.role === "tool" && item.callId === callId);
    if (tool?.role !== "tool") return;
    tool.state = cancelled ? "cancelled" : "done";
    this.onChange(tool);
  }

  #assistantTurn(): AssistantTurn | undefined {
    const turn = this.items.findLast((item) => item.role === "assistant");
    return turn?.role === "assistant" ? turn : undefined;
  }

  #add(item: TranscriptItem): void {
    this.items.push(item);
    this.onChange(item);
  }
}

function unheard(segment: Segment): boolean {
  return segment.heard < segment.text.length;
}

function hearAll(segments: Segment[]): void {
  for (const segment of segments) segment.heard = segment.text.length;
}

/** Where `words` end in what is unheard of the segment; undefined where they are not in it. */
function endOf(words: string, { text, heard }: Segment): number | undefined {
  const start = text.indexOf(words, Math.floor(heard));
  return start < 0 ? undefined : start + words.length;
}
