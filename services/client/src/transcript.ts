import type { BotEvent, Spoken } from "./bot-event.ts";

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
  id: number | undefined;
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

/** Speech runs at about this many characters a second; the bot's own progress corrects it. */
const CHARACTERS_A_SECOND = 15;

/**
 * The conversation as it is shown: both sides, tools, and what was not heard because the caller
 * barged in. It knows nothing of the page; `onChange` gets each item that is new or changed.
 */
export class Transcript {
  onChange: (item: TranscriptItem) => void = () => undefined;
  readonly items: TranscriptItem[] = [];
  #turnOpen = false;

  apply(event: BotEvent): void {
    switch (event.type) {
      case "user-text":
        this.#hearUser(event.text, event.final);
        break;
      case "agent-text":
        this.#hearAgent(event.text, event.segment, event.spoken);
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
    if (!turn || !segment) return;
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

  #hearAgent(text: string, id: number | undefined, spoken: Spoken): void {
    const turn = this.#assistantTurn();
    const known = turn && findSegment(turn, text, id, spoken);
    if (turn && known) {
      if (!turn.interrupted) known.heard = heardOf(known.text, spoken, known.heard);
      this.onChange(turn);
      return;
    }
    const segment = { id, text, heard: heardOf(text, spoken, 0) };
    if (turn && this.#turnOpen && !turn.interrupted && this.items.at(-1) === turn) {
      for (const earlier of turn.segments) earlier.heard = earlier.text.length;
      turn.segments.push(segment);
      this.onChange(turn);
      return;
    }
    this.#turnOpen = true;
    this.#add({
      role: "assistant",
      id: this.items.length,
      segments: [segment],
      interrupted: false,
    });
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
    for (const segment of turn.segments) segment.heard = segment.text.length;
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

/**
 * The segment that a message is about. The bot announces a sentence before it is spoken and reports it
 * again afterwards, for some models under another id: then the text tells.
 */
function findSegment(
  turn: AssistantTurn,
  text: string,
  id: number | undefined,
  spoken: Spoken,
): Segment | undefined {
  const byId = id === undefined ? undefined : turn.segments.find((segment) => segment.id === id);
  if (byId || spoken === "new") return byId;
  const sameText = turn.segments.filter((segment) => segment.text === text);
  return sameText.find(unheard) ?? sameText.at(-1);
}

function heardOf(text: string, spoken: Spoken, before: number): number {
  if (spoken === "completed") return text.length;
  return spoken === "new" ? before : Math.max(before, spoken);
}
