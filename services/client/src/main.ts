import { accessKey, askAccessKey } from "./access-key.ts";
import type { BotEvent } from "./bot-event.ts";
import { Call } from "./call.ts";
import { type CallState, inCall, underWay } from "./call-state.ts";
import { openableDebugLog } from "./debug-drawer.ts";
import { DebugLog } from "./debug-log.ts";
import { openDevices } from "./devices.ts";
import { FaceVideo } from "./face-video.ts";
import { LinkNote } from "./link-note.ts";
import { element, readableName } from "./page.ts";
import {
  agentsNamed,
  loadSettings,
  type Settings,
  saveSettings,
  transportsNamed,
} from "./settings.ts";
import { openableSettings } from "./settings-drawer.ts";
import { openableSoundCheck } from "./sound-check-view.ts";
import { showSound } from "./sound-view.ts";
import { StatusView } from "./status-view.ts";
import { Transcript } from "./transcript.ts";
import { TranscriptView } from "./transcript-view.ts";

const offered = transportsNamed(told("transports"));
const settings = loadSettings(location.href, localStorage, offered);
const log = new DebugLog();
const status = new StatusView();
const transcriptView = new TranscriptView();
const face = new FaceVideo();
const link = new LinkNote();
let transcript = new Transcript();

const call = new Call({
  options: () => ({ base: baseUrl(), transport: settings.transport, agent: settings.agent }),
  openDevices: async () => {
    const devices = await openDevices(settings.microphone, settings.speaker, settings.volume);
    devices.microphone.onLost = () => void useMicrophone("");
    return devices;
  },
  accessKey,
  askAccessKey,
  show: (state) => show(state),
  event: (event: BotEvent) => transcript.apply(event),
  video: (track) => face.show(track),
  note: (text) => transcript.note(text),
  lost: (direction, seconds) => link.lost(direction, seconds),
  log: (text, detail) => log.add(text, detail),
});

function show(state: CallState): void {
  status.show(state, call.devices?.microphone.muted ?? false);
  if (state.phase !== "live") link.clear();
  // A call keeps its agent; who is chosen meanwhile answers the next one.
  if (!underWay(state) && state.phase !== "lost") showAgentName(settings.agent);
}

function startCall(): void {
  if (call.state.phase === "lost") {
    void call.comeBack();
    return;
  }
  transcriptView.clear();
  transcript = new Transcript();
  transcript.onChange = (item) => transcriptView.draw(item);
  void call.start();
}

function toggleMute(): void {
  const microphone = call.devices?.microphone;
  if (!microphone || !inCall(call.state)) return;
  microphone.muted = !microphone.muted;
  log.add(microphone.muted ? "muted" : "unmuted");
  show(call.state);
}

async function useMicrophone(deviceId: string): Promise<void> {
  try {
    await call.devices?.microphone.change(deviceId);
    call.tellSound();
  } catch (error) {
    log.add("microphone not changed", { error: String(error) });
    transcript.note(`${error instanceof Error ? error.message : "The microphone failed"}.`);
  }
}

function applySettings(changed: Settings): void {
  saveSettings(changed, localStorage);
  show(call.state);
  const { microphone, speaker } = call.devices ?? {};
  if (speaker) speaker.volume = changed.volume;
  void call.devices?.useSpeaker(changed.speaker);
  if (microphone && changed.microphone && changed.microphone !== microphone.deviceId) {
    void useMicrophone(changed.microphone);
  }
}

function showAgentName(agent: string): void {
  const name = agent ? readableName(agent) : "Voice agent";
  element("agent-name", HTMLElement).textContent = name;
  document.title = name;
}

function baseUrl(): string {
  return (told("base-url") || import.meta.env.VITE_BASE_URL || "").replace(/\/$/, "");
}

/** What whoever serves the page wrote into it. */
function told(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)?.content ?? "";
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, select, textarea, dialog *");
}

element("start", HTMLButtonElement).addEventListener("click", startCall);
element("hang-up", HTMLButtonElement).addEventListener("click", () => void call.hangUp());
element("mute", HTMLButtonElement).addEventListener("click", toggleMute);
document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
  if (event.key.toLowerCase() !== "m" || !plain || !settings.shortcuts) return;
  if (!isTyping(event.target)) toggleMute();
});

openableSettings(settings, offered, agentsNamed(told("agents")), applySettings);
openableSoundCheck(
  () => settings,
  () => underWay(call.state),
);
openableDebugLog(log);
showSound(call, (seconds) => transcript.advance(seconds));
show(call.state);
