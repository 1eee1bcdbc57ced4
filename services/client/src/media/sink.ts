declare global {
  interface AudioContext {
    /** Not in every browser, and not in TypeScript's library. */
    setSinkId?(id: string): Promise<void>;
  }
}

/** Whether the page may lead its sound elsewhere than to the system's default. */
export function canChooseSink(): boolean {
  return "AudioContext" in globalThis && "setSinkId" in AudioContext.prototype;
}

/**
 * Leads a context's sound to a loudspeaker by its id. One that was unplugged since, or that the browser
 * does not give out, is no reason for no sound: then it is the system's default.
 */
export async function leadTo(context: AudioContext, id: string): Promise<void> {
  try {
    await context.setSinkId?.(id);
  } catch {
    await context.setSinkId?.("").catch(() => undefined);
  }
}
