import type { BotEvent } from "./bot-event.ts";

export type Activity = "listening" | "thinking" | "speaking";

/** After which silence is no longer taken for thought: the caller only coughed. */
const LONGEST_THOUGHT_MS = 10_000;

/** Works out from the bot's events and the sound itself what the agent is doing. */
export class AgentActivity {
  readonly #onChange: (activity: Activity) => void;
  #botSpeaking = false;
  #audible = false;
  #thinking: ReturnType<typeof setTimeout> | undefined;
  #current: Activity = "listening";

  constructor(onChange: (activity: Activity) => void) {
    this.#onChange = onChange;
  }

  get current(): Activity {
    return this.#current;
  }

  /** Whether audio of the agent is leaving the speaker. */
  set audible(audible: boolean) {
    this.#audible = audible;
    if (audible) this.#stopThinking();
    this.#update();
  }

  apply(event: BotEvent): void {
    switch (event.type) {
      case "agent-started-speaking":
        this.#botSpeaking = true;
        this.#stopThinking();
        break;
      case "agent-stopped-speaking":
        this.#botSpeaking = false;
        break;
      case "user-started-speaking":
      case "interrupted":
      case "agent-left":
        this.#botSpeaking = false;
        this.#audible = false;
        this.#stopThinking();
        break;
      case "user-stopped-speaking":
      case "agent-thinking":
      case "tool-started":
        this.#startThinking();
        break;
    }
    this.#update();
  }

  reset(): void {
    this.#botSpeaking = false;
    this.#audible = false;
    this.#stopThinking();
    this.#update();
  }

  #startThinking(): void {
    this.#stopThinking();
    this.#thinking = setTimeout(() => {
      this.#thinking = undefined;
      this.#update();
    }, LONGEST_THOUGHT_MS);
  }

  #stopThinking(): void {
    clearTimeout(this.#thinking);
    this.#thinking = undefined;
  }

  #update(): void {
    const speaking = this.#botSpeaking || this.#audible;
    const next = speaking ? "speaking" : this.#thinking === undefined ? "listening" : "thinking";
    if (next === this.#current) return;
    this.#current = next;
    this.#onChange(next);
  }
}
