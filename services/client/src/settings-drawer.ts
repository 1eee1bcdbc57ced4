import type { TransportName } from "./connect.ts";
import { canChooseSink } from "./media/sink.ts";
import { element, readableName } from "./page.ts";
import { agentsWith, type Settings, transportNamed } from "./settings.ts";

/**
 * The drawer in which the settings are changed.
 *
 * @param offered - the transports to choose from.
 * @param agents - those to choose from, the default one first; none where the name is to be typed.
 * @param onChange - gets the settings after each change.
 */
export function openableSettings(
  settings: Settings,
  offered: readonly TransportName[],
  agents: readonly string[],
  onChange: (settings: Settings) => void,
): void {
  const dialog = element("settings", HTMLDialogElement);
  const microphone = element("microphone", HTMLSelectElement);
  const speaker = element("speaker", HTMLSelectElement);
  const volume = element("volume", HTMLInputElement);
  const agent = agentField(agents, settings.agent);
  const shortcuts = element("shortcuts", HTMLInputElement);
  const transports = dialog.querySelectorAll<HTMLInputElement>("input[name=transport]");

  element("speaker-field", HTMLElement).hidden = !canChooseSink();
  volume.value = String(settings.volume * 100);
  shortcuts.checked = settings.shortcuts;
  element("transports", HTMLFieldSetElement).hidden = offered.length === 1;
  for (const choice of transports) {
    choice.checked = choice.value === settings.transport;
    const label = choice.closest("label");
    if (label) label.hidden = !offered.some((transport) => transport === choice.value);
  }

  dialog.addEventListener("input", ({ target }) => {
    settings.microphone = microphone.value;
    settings.speaker = speaker.value;
    settings.volume = Number(volume.value) / 100;
    // Nobody has chosen the one that the list shows first: it stays the service's to say who that is.
    if (target === agent) settings.agent = agent.value.trim();
    settings.shortcuts = shortcuts.checked;
    const chosen = [...transports].find((choice) => choice.checked);
    settings.transport = transportNamed(chosen?.value) ?? settings.transport;
    onChange(settings);
  });
  element("open-settings", HTMLButtonElement).addEventListener("click", async () => {
    await list();
    dialog.showModal();
  });
  navigator.mediaDevices?.addEventListener("devicechange", list);

  async function list(): Promise<void> {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    const named = fill(microphone, devices, "audioinput", settings.microphone);
    fill(speaker, devices, "audiooutput", settings.speaker);
    element("microphone-hint", HTMLElement).textContent = named
      ? ""
      : "Other devices show up here once the page may use a microphone.";
  }
}

/** Shows a list of the agents where there are some, else the field for a name. */
function agentField(
  agents: readonly string[],
  chosen: string,
): HTMLSelectElement | HTMLInputElement {
  const typed = element("agent", HTMLInputElement);
  const listed = element("agents", HTMLSelectElement);
  const field = agents.length > 0 ? listed : typed;
  element("agent-field", HTMLElement).hidden = field !== typed;
  element("agents-field", HTMLElement).hidden = field !== listed;
  for (const name of agentsWith(chosen, agents)) listed.add(new Option(readableName(name), name));
  if (chosen || field === typed) field.value = chosen;
  return field;
}

/** Offers the devices of a kind; tells whether there are any with a name. */
function fill(
  select: HTMLSelectElement,
  devices: readonly MediaDeviceInfo[],
  wanted: MediaDeviceKind,
  chosen: string,
): boolean {
  const named = devices.filter(({ kind, deviceId, label }) => {
    return kind === wanted && label && deviceId !== "default";
  });
  select.replaceChildren(
    new Option("System default", ""),
    ...named.map(({ label, deviceId }) => new Option(label, deviceId)),
  );
  select.value = named.some(({ deviceId }) => deviceId === chosen) ? chosen : "";
  return named.length > 0;
}
