import captureWorklet from "./capture-worklet.ts?worker&url";
import { LevelMeter } from "./level.ts";
import { INSECURE_PAGE, MicrophoneError, microphoneProblem } from "./microphone-problem.ts";

/** What the browser does to the microphone's sound; it need not grant what it was asked for. */
export interface SoundProcessing {
  echoCancellation: boolean;
  noiseSuppression: boolean;
  autoGainControl: boolean;
}

/**
 * The caller's microphone for the length of a call.
 *
 * It outlives a dropped connection, so that coming back asks for nothing. Muted, or with the device
 * gone, it goes on delivering silence: without audio the model would take the call for idle and end it.
 */
export class Microphone {
  /** Called with 20 ms of 16 kHz PCM, always: silence while muted. */
  onFrame: ((frame: ArrayBuffer) => void) | undefined;
  /** Called when the device disappears mid-call. */
  onLost: (() => void) | undefined;

  readonly #context: AudioContext;
  readonly #input: GainNode;
  readonly #capture: AudioWorkletNode;
  readonly #outgoing: MediaStreamAudioDestinationNode;
  readonly #meter: LevelMeter;
  #stream: MediaStream | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  #muted = false;

  private constructor(context: AudioContext) {
    this.#context = context;
    this.#capture = new AudioWorkletNode(context, "capture", {
      channelCount: 1,
      channelCountMode: "explicit",
    });
    this.#capture.port.onmessage = (event: MessageEvent<ArrayBuffer>) => this.onFrame?.(event.data);
    this.#outgoing = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    this.#input = new GainNode(context);
    this.#meter = new LevelMeter(context, this.#input);
    this.#input.connect(this.#outgoing);
    // The worklet puts out silence; only what leads to the destination is sure to be run.
    this.#input.connect(this.#capture).connect(context.destination);
  }

  /**
   * Opens the microphone, asking for permission if need be.
   *
   * @param deviceId - which one; the system's default where it is empty or no longer there.
   * @throws MicrophoneError with words for the person.
   */
  static async open(context: AudioContext, deviceId: string): Promise<Microphone> {
    const stream = await acquire(deviceId);
    await context.audioWorklet.addModule(captureWorklet);
    const microphone = new Microphone(context);
    microphone.#use(stream);
    return microphone;
  }

  /** Root mean square of what is being sent; 0 while muted. */
  get level(): number {
    return this.#meter.read();
  }

  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  get deviceId(): string {
    return this.#stream?.getAudioTracks()[0]?.getSettings().deviceId ?? "";
  }

  /** What the browser has granted. */
  get processing(): SoundProcessing {
    return granted(this.#stream?.getAudioTracks()[0]);
  }

  /** A track of its own for a WebRTC connection, which stops it when it closes. */
  track(): MediaStreamTrack | undefined {
    return this.#outgoing.stream.getAudioTracks()[0]?.clone();
  }

  /** Changes to another device without a gap in the stream. @throws MicrophoneError */
  async change(deviceId: string): Promise<void> {
    this.#use(await acquire(deviceId));
  }

  close(): void {
    this.onFrame = undefined;
    this.onLost = undefined;
    this.#release();
    this.#capture.port.onmessage = null;
    this.#capture.disconnect();
    this.#input.disconnect();
  }

  #use(stream: MediaStream): void {
    this.#release();
    this.#stream = stream;
    this.muted = this.#muted;
    for (const track of stream.getAudioTracks()) {
      track.addEventListener("ended", () => this.onLost?.());
    }
    this.#source = new MediaStreamAudioSourceNode(this.#context, { mediaStream: stream });
    this.#source.connect(this.#input);
  }

  #release(): void {
    this.#source?.disconnect();
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
  }
}

/** What a browser says that it does to a track; one that says nothing does nothing. */
export function granted(track: MediaStreamTrack | undefined): SoundProcessing {
  const settings = track?.getSettings() ?? {};
  return {
    echoCancellation: Boolean(settings.echoCancellation),
    noiseSuppression: Boolean(settings.noiseSuppression),
    autoGainControl: Boolean(settings.autoGainControl),
  };
}

/**
 * Opens a microphone.
 *
 * @param cancelling - whether the browser is asked to take echo and noise out and to set the level.
 * @throws MicrophoneError
 */
export async function acquire(deviceId: string, cancelling = true): Promise<MediaStream> {
  if (!window.isSecureContext || !navigator.mediaDevices) throw new MicrophoneError(INSECURE_PAGE);
  const audio: MediaTrackConstraints = {
    channelCount: 1,
    echoCancellation: cancelling,
    noiseSuppression: cancelling,
    autoGainControl: cancelling,
    ...(deviceId && { deviceId: { exact: deviceId } }),
  };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    const chosenIsGone = error instanceof DOMException && error.name === "OverconstrainedError";
    if (chosenIsGone && deviceId) return acquire("", cancelling);
    throw new MicrophoneError(microphoneProblem(error), error);
  }
}
