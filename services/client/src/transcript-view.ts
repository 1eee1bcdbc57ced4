import { element, write } from "./page.ts";
import { toolLabel } from "./tool-label.ts";
import type { AssistantTurn, TranscriptItem } from "./transcript.ts";

const SPEAKERS = { user: "You", assistant: "Agent" } as const;

/** Draws the transcript: one element an item, rewritten in place while it grows. */
export class TranscriptView {
  readonly #list = element("transcript", HTMLElement);
  readonly #conversation = element("call", HTMLElement);
  readonly #drawn = new Map<number, HTMLElement>();

  draw(item: TranscriptItem): void {
    const stick = this.#atEnd();
    const row = this.#drawn.get(item.id) ?? this.#append(item);
    const body = row.lastElementChild as HTMLElement;
    if (item.role === "assistant") drawAssistant(row, body, item);
    if (item.role === "user") write(body, [item.text, item.interim].filter(Boolean).join(" "));
    if (item.role === "user") row.dataset.final = String(item.interim === "");
    if (item.role === "tool") write(body, toolLabel(item));
    if (item.role === "tool") row.dataset.state = item.state;
    if (item.role === "note") write(body, item.text);
    if (stick) this.#list.scrollTop = this.#list.scrollHeight;
  }

  clear(): void {
    this.#drawn.clear();
    this.#list.replaceChildren();
    delete this.#conversation.dataset.talked;
  }

  #append(item: TranscriptItem): HTMLElement {
    const row = document.createElement("div");
    row.className = "item";
    row.dataset.role = item.role;
    if (item.role === "user" || item.role === "assistant") {
      const speaker = document.createElement("span");
      speaker.className = "speaker";
      speaker.textContent = SPEAKERS[item.role];
      row.append(speaker);
    }
    row.append(document.createElement("p"));
    this.#drawn.set(item.id, row);
    this.#list.append(row);
    this.#conversation.dataset.talked = "";
    return row;
  }

  #atEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    return scrollHeight - scrollTop - clientHeight < 80;
  }
}

/**
 * Each sentence enters whole, so that a screen reader reads it whole; its words only change colour as
 * they are heard. What an interruption left unheard is taken out.
 */
function drawAssistant(row: HTMLElement, body: HTMLElement, turn: AssistantTurn): void {
  row.dataset.interrupted = String(turn.interrupted);
  turn.segments.forEach((segment, index) => {
    const sentence = body.children[index] ?? appendSentence(body, segment.text);
    let end = 0;
    for (const word of [...sentence.children] as HTMLElement[]) {
      end += (word.textContent ?? "").length;
      const heard = end <= Math.ceil(segment.heard) + 1;
      if (!heard && turn.interrupted) word.remove();
      else word.dataset.heard = String(heard);
    }
  });
  if (turn.interrupted) markInterrupted(row, body);
}

function appendSentence(body: HTMLElement, text: string): HTMLElement {
  const sentence = document.createElement("span");
  for (const part of text.match(/\S+\s*/g) ?? []) {
    const word = document.createElement("span");
    word.textContent = part;
    sentence.append(word);
  }
  if (body.children.length > 0) body.append(" ");
  body.append(sentence);
  return sentence;
}

function markInterrupted(row: HTMLElement, body: HTMLElement): void {
  if (row.querySelector(".interrupted")) return;
  const mark = document.createElement("span");
  mark.className = "interrupted";
  mark.textContent = "interrupted";
  body.append(" ", mark);
}
