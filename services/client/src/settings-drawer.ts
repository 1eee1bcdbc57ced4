import type { TransportName } from "./connect.ts";
import { element } from "./page.ts";
import { type Settings, transportNamed } from "./settings.ts";

/**
 * The drawer in which the settings are changed.
 *
 * @param offered - the transports to choose from.
 * @param onChange - gets the settings after each change.
 */
export function openableSettings(
  settings: Settings,
  offered: readonly TransportName[],
  onChange: (settings: Settings) => void,
): void {
  const dialog = element("settings", HTMLDialogElement);
  const microphone = element("microphone", HTMLSelectElement);
  const volume = element("volume", HTMLInputElement);
  const agent = element("agent", HTMLInputElement);
  const shortcuts = element("shortcuts", HTMLInputElement);
  const transports = dialog.querySelectorAll<HTMLInputElement>("input[name=transport]");

  volume.value = String(settings.volume * 100);
  agent.value = settings.agent;
  shortcuts.checked = settings.shortcuts;
  element("transports", HTMLFieldSetElement).hidden = offered.length === 1;
  for (const choice of transports) {
    choice.checked = choice.value === settings.transport;
    const label = choice.closest("label");
    if (label) label.hidden = !offered.some((transport) => transport === choice.value);
  }

  dialog.addEventListener("input", () => {
    settings.microphone = microphone.value;
    settings.volume = Number(volume.value) / 100;
    settings.agent = agent.value.trim();
    settings.shortcuts = shortcuts.checked;
    const chosen = [...transports].find((choice) => choice.checked);
    settings.transport = transportNamed(chosen?.value) ?? settings.transport;
    onChange(settings);
  });
  element("open-settings", HTMLButtonElement).addEventListener("click", async () => {
    await listMicrophones(microphone, settings.microphone);
    dialog.showModal();
  });
  navigator.mediaDevices?.addEventListener("devicechange", () =>
    listMicrophones(microphone, settings.microphone),
  );
}

async function listMicrophones(select: HTMLSelectElement, chosen: string): Promise<void> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const named = devices.filter(({ kind, deviceId, label }) => {
    return kind === "audioinput" && label && deviceId !== "default";
  });
  select.replaceChildren(
    new Option("System default", ""),
    ...named.map(({ label, deviceId }) => new Option(label, deviceId)),
  );
  select.value = named.some(({ deviceId }) => deviceId === chosen) ? chosen : "";
  element("microphone-hint", HTMLElement).textContent =
    named.length > 0 ? "" : "Other microphones show up here once the page may use one.";
}
