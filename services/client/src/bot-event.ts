/** What the bot tells the page during a call, as far as the page reacts to it. */
export type BotEvent =
  | { type: "user-started-speaking" }
  | { type: "user-stopped-speaking" }
  | { type: "agent-started-speaking" }
  | { type: "agent-stopped-speaking" }
  | { type: "agent-thinking" }
  | { type: "interrupted" }
  /** Somebody has made a sound: the agent waits, and either goes on where it was or is interrupted. */
  | { type: "hold" }
  | { type: "resume" }
  | { type: "user-text"; text: string; final: boolean }
  | { type: "agent-text"; text: string }
  | { type: "agent-words"; text: string }
  | { type: "tool-started"; id: string; name: string }
  | { type: "tool-stopped"; id: string; name: string; cancelled: boolean }
  | { type: "agent-state"; reconnecting: boolean }
  /** Another bot has taken the place of one that left; the line itself tells of both. */
  | { type: "agent-joined" }
  | { type: "agent-left" }
  | { type: "ended"; reason: string };

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
    "bot-tts-text": (data: Data): BotEvent | undefined => {
      const text = string(data.text).trim();
      return text ? { type: "agent-words", text } : undefined;
    },
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

/** A sentence is announced as "new" before it is spoken; what follows repeats it. */
function readOutput(data: Data): BotEvent | undefined {
  const text = string(data.text).trim();
  const announced = data.spoken_status === undefined || data.spoken_status === "new";
  return text && announced ? { type: "agent-text", text } : undefined;
}

function readServerMessage(data: Data): BotEvent | undefined {
  if (data.type === "agent-state")
    return { type: "agent-state", reconnecting: data.state === "reconnecting" };
  if (data.type === "hold" || data.type === "resume") return { type: data.type };
  if (data.type === "ended") return { type: "ended", reason: string(data.reason) };
  return undefined;
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}
