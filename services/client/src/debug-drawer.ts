import type { DebugLog, LogEntry } from "./debug-log.ts";
import { element } from "./page.ts";

/** The drawer that shows the debug log, and hands it out as text. */
export function openableDebugLog(log: DebugLog): void {
  const dialog = element("log", HTMLDialogElement);
  const list = element("log-entries", HTMLElement);
  const copied = element("log-copied", HTMLElement);

  log.onAdd = (entry) => {
    if (dialog.open) append(list, entry);
  };
  element("open-log", HTMLButtonElement).addEventListener("click", () => {
    list.replaceChildren();
    for (const entry of log.entries) append(list, entry);
    copied.textContent = "";
    dialog.showModal();
    list.scrollTop = list.scrollHeight;
  });
  element("close-log", HTMLButtonElement).addEventListener("click", () => dialog.close());
  element("copy-log", HTMLButtonElement).addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(log.toText());
      copied.textContent = "Copied.";
    } catch {
      copied.textContent = "The browser did not allow it. Use Download.";
    }
  });
  element("download-log", HTMLButtonElement).addEventListener("click", () => download(log));
}

function append(list: HTMLElement, entry: LogEntry): void {
  const line = document.createElement("p");
  const time = document.createElement("time");
  time.dateTime = entry.time;
  time.textContent = entry.time.slice(11, 23);
  const text = document.createElement("b");
  text.textContent = entry.text;
  const detail = document.createElement("span");
  detail.textContent = entry.detail;
  line.append(time, text, detail);
  const stick = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(line);
  if (stick) list.scrollTop = list.scrollHeight;
}

function download(log: DebugLog): void {
  const url = URL.createObjectURL(new Blob([log.toText()], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `call-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.log`;
  link.click();
  URL.revokeObjectURL(url);
}
