import { LevelMeter } from "./level.ts";
import type { PlaybackMessage, PlaybackReport } from "./playback-worklet.ts";
import playbackWorklet from "./playback-worklet.ts?worker&url";

/** Longer than a WebRTC jitter buffer holds, shorter than any reply. */
const REMOTE_FLUSH_SECONDS = 0.25;
/** What the browser's jitter buffer and the bot's hold of a remote track, as a rule. */
const REMOTE_UNPLAYED_SECONDS = 0.12;
/** A hold that nobody ends, ends. */
const LONGEST_HOLD_SECONDS = 3;

/**
 * Where the agent is heard: PCM from a WebSocket, or the remote track of a WebRTC connection.
 *
 * Both pass through one volume and one meter, so the page treats every transport alike.
 */
export class Speaker {
  /** Called when PCM becomes audible and when the last of it was played. */
  onPlaying: ((playing: boolean) => void) | undefined;
  /** Called with the seconds of silence that a reply just had because audio came too late. */
  onGap: ((seconds: number) => void) | undefined;

  readonly #context: AudioContext;
  readonly #playback: AudioWorkletNode;
  readonly #volume: GainNode;
  readonly #meter: LevelMeter;
  #flushes: ((dropped: number) => void)[] = [];
  #gaps = 0;
  #wait = 0;
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
    this.#playback.port.onmessage = (event: MessageEvent<PlaybackReport>) => this.#note(event.data);
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

  /** Seconds that PCM waits before it is played; they follow the network. */
  get wait(): number {
    return this.#wait;
  }

  /** The reply has come to its end: what still waits is all there is. */
  finish(): void {
    this.#send("finish");
  }

  /** Silences what has been received and not been heard: the caller has barged in. */
  flush(): void {
    void this.#flush();
    this.#shut(REMOTE_FLUSH_SECONDS);
  }

  /** Falls silent until `resume`. @returns the seconds of sound that had come and were dropped. */
  async hold(): Promise<number> {
    this.#shut(LONGEST_HOLD_SECONDS);
    const dropped = await this.#flush();
    return this.#remote ? REMOTE_UNPLAYED_SECONDS : dropped;
  }

  resume(): void {
    this.#shut(0);
  }

  close(): void {
    this.onPlaying = undefined;
    this.onGap = undefined;
    this.detach();
    this.#playback.port.onmessage = null;
    this.#playback.disconnect();
    this.#volume.disconnect();
  }

  #flush(): Promise<number> {
    this.#send("flush");
    return new Promise((resolve) => this.#flushes.push(resolve));
  }

  /** Keeps a remote track from being heard for a while. */
  #shut(seconds: number): void {
    if (!this.#remote) return;
    const { gain } = this.#remote.gate;
    const now = this.#context.currentTime;
    gain.cancelScheduledValues(now);
    if (seconds > 0) gain.setTargetAtTime(0, now, 0.004);
    gain.setTargetAtTime(1, now + seconds, 0.01);
  }

  #note({ playing, wait, gaps, dropped }: PlaybackReport): void {
    this.#wait = wait;
    this.onPlaying?.(playing);
    if (gaps > this.#gaps) this.onGap?.(gaps - this.#gaps);
    this.#gaps = gaps;
    if (dropped !== undefined) this.#flushes.shift()?.(dropped);
  }

  #send(message: PlaybackMessage): void {
    this.#playback.port.postMessage(message);
  }
}
