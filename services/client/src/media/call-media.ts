import type { RTVIEventCallbacks } from "@pipecat-ai/client-js";
import type { WebSocketTransport } from "@pipecat-ai/websocket-transport";
import type { Microphone } from "./microphone.ts";

type MediaManager = NonNullable<
  NonNullable<ConstructorParameters<typeof WebSocketTransport>[0]>["mediaManager"]
>;

/**
 * Lends a call's microphone to one connection: the media manager that Pipecat's transports ask for.
 *
 * Pipecat's own ones fetch a script from Daily or hang without a microphone. This one owns no device,
 * so it neither opens nor closes any: the call does, and keeps them across connections. The agent's
 * audio does not pass through here either (see `websocket.ts` and `Speaker.attach`).
 */
export class CallMedia {
  readonly supportsScreenShare = false;
  readonly isMicEnabled = true;
  readonly isCamEnabled = false;
  readonly isSharingScreen = false;
  readonly selectedCam = {};
  readonly selectedSpeaker = {};
  readonly #microphone: Microphone;
  #callbacks: RTVIEventCallbacks = {};
  #send: (frame: ArrayBuffer) => void = () => undefined;
  #track: MediaStreamTrack | undefined;

  constructor(microphone: Microphone) {
    this.#microphone = microphone;
  }

  /** As the transports' constructors want it: their type is a class that no package exports. */
  asMediaManager(): MediaManager {
    return this as unknown as MediaManager;
  }

  setUserAudioCallback(send: (frame: ArrayBuffer) => void): void {
    this.#send = send;
  }

  setClientOptions(options: { callbacks?: RTVIEventCallbacks }): void {
    this.#callbacks = options.callbacks ?? {};
  }

  async initialize(): Promise<void> {
    this.#callbacks.onMicUpdated?.(this.selectedMic);
  }

  async connect(): Promise<void> {
    this.#microphone.onFrame = this.#send;
  }

  async disconnect(): Promise<void> {
    if (this.#microphone.onFrame === this.#send) this.#microphone.onFrame = undefined;
    this.#track?.stop();
  }

  tracks(): { local: { audio?: MediaStreamTrack } } {
    this.#track ??= this.#microphone.track();
    return { local: this.#track ? { audio: this.#track } : {} };
  }

  get selectedMic(): MediaDeviceInfo {
    const { deviceId } = this.#microphone;
    const device = { deviceId: deviceId || "default", groupId: "", kind: "audioinput", label: "" };
    return { ...device, toJSON: () => device } as MediaDeviceInfo;
  }

  bufferBotAudio(): undefined {}
  async userStartedSpeaking(): Promise<void> {}
  async getAllMics(): Promise<MediaDeviceInfo[]> {
    return [this.selectedMic];
  }
  async getAllCams(): Promise<MediaDeviceInfo[]> {
    return [];
  }
  async getAllSpeakers(): Promise<MediaDeviceInfo[]> {
    return [];
  }
  updateMic(): void {}
  updateCam(): void {}
  updateSpeaker(): void {}
  enableMic(): void {}
  enableCam(): void {}
  enableScreenShare(): void {}
}
