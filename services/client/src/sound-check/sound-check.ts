import captureWorklet from "../media/capture-worklet.ts?worker&url";
import { acquire } from "../media/microphone.ts";
import { leadTo } from "../media/sink.ts";
import { type Advice, echoAdvice, microphoneAdvice } from "./advice.ts";
import { readMicrophone, usualLevel } from "./reading.ts";

/** Rate of what the capture worklet posts, in Hz. */
const RATE = 16_000;
const SPEAKING_SECONDS = 5;
const ROOM_SECONDS = 0.6;
const SOUND_SECONDS = 2.4;
/** In which an echo canceller learns. */
const LEARNING_SECONDS = 1.2;

export interface CheckedDevices {
  /** Ids; empty for the system's default. */
  microphone: string;
  speaker: string;
  /** Of the test sound, 0 to 1. */
  volume: number;
}

/**
 * Records a few seconds and says how the microphone does.
 *
 * @param onLevel - gets the loudness as it goes, as root mean square of full scale.
 * @throws MicrophoneError
 */
export async function checkMicrophone(
  devices: CheckedDevices,
  onLevel: (rms: number) => void,
  signal: AbortSignal,
): Promise<Advice> {
  const ear = await Ear.open(devices, true, signal);
  try {
    return microphoneAdvice(readMicrophone(await ear.record(SPEAKING_SECONDS, onLevel), RATE));
  } finally {
    ear.close();
  }
}

/** Plays a sound, and measures what comes back with the browser's help and without. @throws MicrophoneError */
export async function checkEcho(devices: CheckedDevices, signal: AbortSignal): Promise<Advice> {
  const cancelled = await echo(devices, true, signal);
  const raw = await echo(devices, false, signal);
  return echoAdvice({
    room: Math.max(cancelled.room, raw.room),
    cancelled: cancelled.level,
    raw: raw.level,
  });
}

async function echo(
  devices: CheckedDevices,
  cancelling: boolean,
  signal: AbortSignal,
): Promise<{ room: number; level: number }> {
  const ear = await Ear.open(devices, cancelling, signal);
  try {
    const room = usualLevel(await ear.record(ROOM_SECONDS), RATE);
    ear.play();
    const heard = await ear.record(SOUND_SECONDS);
    return { room, level: usualLevel(heard.subarray(LEARNING_SECONDS * RATE), RATE) };
  } finally {
    ear.close();
  }
}

/** A microphone and a loudspeaker for as long as a check takes. */
class Ear {
  readonly #context: AudioContext;
  readonly #stream: MediaStream;
  readonly #capture: AudioWorkletNode;
  readonly #volume: number;
  readonly #signal: AbortSignal;

  private constructor(
    context: AudioContext,
    stream: MediaStream,
    volume: number,
    signal: AbortSignal,
  ) {
    this.#context = context;
    this.#stream = stream;
    this.#volume = volume;
    this.#signal = signal;
    this.#capture = new AudioWorkletNode(context, "capture", {
      channelCount: 1,
      channelCountMode: "explicit",
    });
    new MediaStreamAudioSourceNode(context, { mediaStream: stream })
      .connect(this.#capture)
      .connect(context.destination);
  }

  static async open(
    { microphone, speaker, volume }: CheckedDevices,
    cancelling: boolean,
    signal: AbortSignal,
  ): Promise<Ear> {
    const context = new AudioContext();
    try {
      const stream = await acquire(microphone, cancelling);
      if (speaker) await leadTo(context, speaker);
      await context.audioWorklet.addModule(captureWorklet);
      return new Ear(context, stream, volume, signal);
    } catch (error) {
      void context.close();
      throw error;
    }
  }

  /** @throws the signal's reason when it is aborted. */
  async record(seconds: number, onLevel?: (rms: number) => void): Promise<Float32Array> {
    const samples = new Float32Array(seconds * RATE);
    let length = 0;
    await new Promise<void>((resolve, reject) => {
      this.#signal.throwIfAborted();
      this.#signal.addEventListener("abort", () => reject(this.#signal.reason), { once: true });
      this.#capture.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        const frame = Float32Array.from(new Int16Array(data), (sample) => sample / 32_767);
        samples.set(frame.subarray(0, samples.length - length), length);
        length = Math.min(samples.length, length + frame.length);
        onLevel?.(Math.sqrt(frame.reduce((sum, sample) => sum + sample ** 2, 0) / frame.length));
        if (length === samples.length) resolve();
      };
    });
    this.#capture.port.onmessage = null;
    return samples;
  }

  /** A chord that goes up and down as speech does: tones that a canceller can learn from. */
  play(): void {
    const { currentTime: now } = this.#context;
    const loudness = new GainNode(this.#context, { gain: 0 });
    loudness.connect(this.#context.destination);
    for (let at = 0; at < SOUND_SECONDS; at += 0.3) {
      loudness.gain.setTargetAtTime(0.2 * this.#volume, now + at, 0.02);
      loudness.gain.setTargetAtTime(0.04 * this.#volume, now + at + 0.2, 0.03);
    }
    loudness.gain.setTargetAtTime(0, now + SOUND_SECONDS, 0.02);
    for (const [frequency, detune] of [
      [196, 0],
      [294, 400],
      [440, -300],
      [1320, 200],
    ] as const) {
      const tone = new OscillatorNode(this.#context, { type: "sawtooth", frequency });
      tone.detune.linearRampToValueAtTime(detune, now + SOUND_SECONDS);
      tone.connect(loudness);
      tone.start(now);
      tone.stop(now + SOUND_SECONDS + 0.2);
    }
  }

  close(): void {
    for (const track of this.#stream.getTracks()) track.stop();
    this.#capture.port.onmessage = null;
    void this.#context.close();
  }
}
