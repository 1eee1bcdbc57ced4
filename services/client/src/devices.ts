import { Microphone } from "./media/microphone.ts";
import { leadTo } from "./media/sink.ts";
import { Speaker } from "./media/speaker.ts";

/** What a call talks and listens through, for its whole length. */
export interface CallDevices {
  microphone: Microphone;
  speaker: Speaker;
  /** Leads the sound to a loudspeaker by its id; to the default where the browser cannot, or will not. */
  useSpeaker(id: string): Promise<void>;
  close(): void;
}

/**
 * Opens what a call talks and listens through. To be called from a click: browsers start audio for
 * a person's action only.
 *
 * @throws MicrophoneError with words for the person.
 */
export async function openDevices(
  microphoneId: string,
  speakerId: string,
  volume: number,
): Promise<CallDevices> {
  const context = new AudioContext({ latencyHint: "interactive" });
  const wake = () => void context.resume();
  const abort = new AbortController();
  // A phone call or another app may suspend the audio; the next touch brings it back.
  document.addEventListener("pointerdown", wake, { signal: abort.signal });
  document.addEventListener("visibilitychange", wake, { signal: abort.signal });
  try {
    keepScreenOn(abort.signal);
    wake();
    const microphone = await Microphone.open(context, microphoneId);
    const speaker = await Speaker.open(context);
    speaker.volume = volume;
    const useSpeaker = (id: string) => leadTo(context, id);
    if (speakerId) await useSpeaker(speakerId);
    const close = () => {
      abort.abort();
      microphone.close();
      speaker.close();
      void context.close();
    };
    return { microphone, speaker, useSpeaker, close };
  } catch (error) {
    abort.abort();
    void context.close();
    throw error;
  }
}

/** A phone that locks its screen takes the microphone away. Where the browser refuses, it may lock. */
function keepScreenOn(until: AbortSignal): void {
  const request = async () => {
    if (document.visibilityState !== "visible") return;
    const lock = await navigator.wakeLock?.request("screen").catch(() => undefined);
    if (until.aborted) await lock?.release();
    else until.addEventListener("abort", () => void lock?.release(), { once: true });
  };
  void request();
  document.addEventListener("visibilitychange", request, { signal: until });
}
