import { LevelMeter } from "./level.ts";
import type { PlaybackMessage, PlaybackReport } from "./playback-worklet.ts";
import playbackWorklet from "./playback-worklet.ts?worker&url";

/** Longer than a WebRTC jitter buffer holds, shorter than any reply. */
const REMOTE_FLUSH_SECONDS = 0.25;

/**
 * Where the agent is heard: PCM from a WebSocket, or the remote track of a WebRTC connection.
 *
 * Both pass through one volume and one meter, so the page treats every transport alike.
 */
export class Speaker {
  /** Called when PCM becomes audible and when the last of it was played. */
  onPlaying: ((playing: boolean) => void) | undefined;

  readonly #context: AudioContext;
  readonly #playback: AudioWorkletNode;
  readonly #volume: GainNode;
  readonly #meter: LevelMeter;
  #remote: {
    source: MediaStreamAudioSourceNode;
    gate: GainNode;
    element: HTMLAudioElement;
  } | null = null;

  private constructor(context: AudioContext) {
    this.#context = context;
    this.#playback = new AudioWorkletNode(context, "playback", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.#playback.port.onmessage = (event: MessageEvent<PlaybackReport>) =>
      this.onPlaying?.(event.data.playing);
    this.#volume = new GainNode(context);
    this.#meter = new LevelMeter(context, this.#volume);
    this.#playback.connect(this.#volume).connect(context.destination);
  }

  static async open(context: AudioContext): Promise<Speaker> {
    await context.audioWorklet.addModule(playbackWorklet);
    return new Speaker(context);
  }

  /** Root mean square of what leaves for the loudspeaker. */
  get level(): number {
    return this.#meter.read();
  }

  /** 0 to 1. */
  set volume(volume: number) {
    this.#volume.gain.setTargetAtTime(volume, this.#context.currentTime, 0.01);
  }

  play(samples: Int16Array, sampleRate: number): void {
    this.#send({ samples, sampleRate });
  }

  /** Plays the track of a WebRTC connection instead of PCM, until it is replaced or ends. */
  attach(track: MediaStreamTrack): void {
    if (this.#remote?.source.mediaStream.getTracks().includes(track)) return;
    this.detach();
    const mediaStream = new MediaStream([track]);
    // Chromium decodes a remote track only while a media element plays it.
    const element = new Audio();
    element.muted = true;
    element.srcObject = mediaStream;
    void element.play().catch(() => undefined);
    const source = new MediaStreamAudioSourceNode(this.#context, { mediaStream });
    const gate = new GainNode(this.#context);
    source.connect(gate).connect(this.#volume);
    this.#remote = { source, gate, element };
  }

  detach(): void {
    this.#remote?.gate.disconnect();
    this.#remote?.source.disconnect();
    if (this.#remote) this.#remote.element.srcObject = null;
    this.#remote = null;
  }

  /** Silences what has been received and not been heard: the caller has barged in. */
  flush(): void {
    this.#send("flush");
    if (this.#remote) {
      const { gain } = this.#remote.gate;
      const now = this.#context.currentTime;
      gain.cancelScheduledValues(now);
      gain.setTargetAtTime(0, now, 0.004);
      gain.setTargetAtTime(1, now + REMOTE_FLUSH_SECONDS, 0.01);
    }
  }

  close(): void {
    this.onPlaying = undefined;
    this.detach();
    this.#playback.port.onmessage = null;
    this.#playback.disconnect();
    this.#volume.disconnect();
  }

  #send(message: PlaybackMessage): void {
    this.#playback.port.postMessage(message);
  }
}
