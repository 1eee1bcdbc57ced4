/** What a few seconds of a microphone were like. Levels are in dB of full scale. */
export interface MicrophoneReading {
  /** Loudest 50 ms, as root mean square: the voice, if somebody spoke. */
  voice: number;
  /** Quietest tenth of the time: the room. */
  room: number;
  /** Share of the samples at full scale, 0 to 1. */
  clipped: number;
}

/** How loud a test sound came back, in dB of full scale. */
export interface EchoReading {
  /** The room before the sound. */
  room: number;
  /** While it played, with the browser's echo cancelling on and off. */
  cancelled: number;
  raw: number;
}

export interface Advice {
  verdict: "good" | "fair" | "bad";
  title: string;
  detail: string;
}

const QUIET_VOICE = -42;
const SILENT = -70;
const CLIPPED = 0.001;
const NOISY_ROOM = -50;
/** Between voice and room, in dB; with less the agent mishears. */
const LEAST_DISTANCE = 15;
/** An echo this far above the room is one that the agent hears, in dB. */
const AUDIBLE_ECHO = 12;

/** What to do about a microphone. */
export function microphoneAdvice({ voice, room, clipped }: MicrophoneReading): Advice {
  if (voice < SILENT)
    return bad(
      "Nothing was heard",
      "Pick another microphone above, and check that it is not switched off on the device itself.",
    );
  if (clipped > CLIPPED)
    return bad("Too loud", "Your voice is cut off. Move away from the microphone or turn it down.");
  if (voice < QUIET_VOICE)
    return bad(
      "Too quiet",
      "Come closer to the microphone, or turn it up in the system’s settings.",
    );
  if (room > NOISY_ROOM || voice - room < LEAST_DISTANCE)
    return {
      verdict: "fair",
      title: "A noisy room",
      detail: "You can be understood, but better in a quieter place or with a headset.",
    };
  return { verdict: "good", title: "Fine", detail: "Your microphone is easy to understand." };
}

/** What to do about what the microphone hears of the loudspeaker. */
export function echoAdvice({ room, cancelled, raw }: EchoReading): Advice {
  if (raw - room < AUDIBLE_ECHO)
    return {
      verdict: "good",
      title: "No echo",
      detail: "The microphone hears next to nothing of the loudspeaker, or the sound is off.",
    };
  const removed = Math.max(0, Math.round(raw - cancelled));
  if (cancelled - room < AUDIBLE_ECHO)
    return {
      verdict: "good",
      title: "Fine",
      detail: `Your microphone hears the loudspeaker, and the browser removes it (${removed} dB).`,
    };
  return {
    verdict: "fair",
    title: "Use a headset",
    detail:
      "Your microphone hears the loudspeaker, and the browser leaves some of it. The service removes " +
      "echo, too, but a headset or a softer loudspeaker is better.",
  };
}

function bad(title: string, detail: string): Advice {
  return { verdict: "bad", title, detail };
}
