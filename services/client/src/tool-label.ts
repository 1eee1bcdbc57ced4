import type { ToolCall } from "./transcript.ts";

type Labels = Record<ToolCall["state"], string>;

const LABELS = new Map<string, Labels>(
  Object.entries({
    track_order: {
      running: "Looking up the order…",
      done: "Looked up the order",
      cancelled: "Stopped looking up the order",
    },
    current_date_time: {
      running: "Checking the time…",
      done: "Checked the time",
      cancelled: "Stopped checking the time",
    },
  }),
);

/** What a caller reads about a tool call; a tool without words of its own is named by its function. */
export function toolLabel(call: ToolCall): string {
  const labels =
    LABELS.get(call.name) ?? generic(call.name.replaceAll("_", " ").trim() || "a tool");
  return labels[call.state];
}

function generic(name: string): Labels {
  return { running: `Using ${name}…`, done: `Used ${name}`, cancelled: `Stopped ${name}` };
}
