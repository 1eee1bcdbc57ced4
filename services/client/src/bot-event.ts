/** What the bot tells the page during a call, as far as the page reacts to it. */
export type BotEvent =
  | { type: "user-started-speaking" }
  | { type: "user-stopped-speaking" }
  | { type: "agent-started-speaking" }
  | { type: "agent-stopped-speaking" }
  | { type: "agent-thinking" }
  | { type: "interrupted" }
  | { type: "user-text"; text: string; final: boolean }
  | { type: "agent-text"; text: string; segment: number | undefined; spoken: Spoken }
  | { type: "tool-started"; id: string; name: string }
  | { type: "tool-stopped"; id: string; name: string; cancelled: boolean }
  | { type: "agent-state"; reconnecting: boolean }
  | { type: "ended"; reason: string };

/** How much of a piece of the agent's text has been spoken: nothing yet, so many characters, or all. */
export type Spoken = "new" | number | "completed";

type Data = Record<string, unknown>;

const READERS = new Map<string, (data: Data) => BotEvent | undefined>(
  Object.entries({
    "user-started-speaking": () => ({ type: "user-started-speaking" }),
    "user-stopped-speaking": () => ({ type: "user-stopped-speaking" }),
    "bot-started-speaking": () => ({ type: "agent-started-speaking" }),
    "bot-stopped-speaking": () => ({ type: "agent-stopped-speaking" }),
    "bot-llm-started": () => ({ type: "agent-thinking" }),
    "bot-interrupted": () => ({ type: "interrupted" }),
    "user-transcription": (data: Data): BotEvent | undefined => {
      const text = string(data.text).trim();
      return text ? { type: "user-text", text, final: data.final === true } : undefined;
    },
    "bot-output": readOutput,
    "llm-function-call-in-progress": (data: Data) => ({
      type: "tool-started",
      id: string(data.tool_call_id),
      name: string(data.function_name),
    }),
    "llm-function-call-stopped": (data: Data) => ({
      type: "tool-stopped",
      id: string(data.tool_call_id),
      name: string(data.function_name),
      cancelled: data.cancelled === true,
    }),
    "server-message": readServerMessage,
  }),
);

/** Reads an RTVI message; undefined for those that change nothing on the page. */
export function readBotEvent(type: string, data: unknown): BotEvent | undefined {
  return READERS.get(type)?.(typeof data === "object" && data !== null ? { ...data } : {});
}

function readOutput(data: Data): BotEvent | undefined {
  const text = string(data.text).trim();
  if (!text) return undefined;
  const segment = typeof data.segment_id === "number" ? data.segment_id : undefined;
  return { type: "agent-text", text, segment, spoken: readSpoken(data) };
}

function readSpoken(data: Data): Spoken {
  if (data.spoken_status === "new" && data.will_be_spoken !== false) return "new";
  if (data.spoken_status !== "in-progress") return "completed";
  const progress = data.spoken_progress as { accumulated_text?: unknown } | undefined;
  return string(progress?.accumulated_text).length;
}

function readServerMessage(data: Data): BotEvent | undefined {
  if (data.type === "agent-state")
    return { type: "agent-state", reconnecting: data.state === "reconnecting" };
  if (data.type === "ended") return { type: "ended", reason: string(data.reason) };
  return undefined;
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}
