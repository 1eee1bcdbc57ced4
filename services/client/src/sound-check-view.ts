import { perceived } from "./media/level.ts";
import { element, write } from "./page.ts";
import type { Advice } from "./sound-check/advice.ts";
import type { CheckedDevices } from "./sound-check/sound-check.ts";

/**
 * The part of the settings in which microphone and loudspeaker are tried out.
 *
 * @param devices - tells which ones are chosen now.
 * @param busy - whether a call has them: then there is nothing to try out.
 */
export function openableSoundCheck(devices: () => CheckedDevices, busy: () => boolean): void {
  const microphone = element("check-microphone", HTMLButtonElement);
  const echo = element("check-echo", HTMLButtonElement);
  const meter = element("check-meter", HTMLMeterElement);
  const result = element("check-result", HTMLElement);
  const drawer = element("settings", HTMLDialogElement);
  let stop = new AbortController();

  const offer = () => {
    const inUse = busy();
    microphone.disabled = inUse;
    echo.disabled = inUse;
    show(result, inUse ? "Not during a call." : "");
  };
  const run = async (
    doing: string,
    check: (signal: AbortSignal) => Promise<Advice>,
  ): Promise<void> => {
    stop.abort();
    stop = new AbortController();
    const { signal } = stop;
    show(result, doing);
    try {
      const advice = await check(signal);
      if (!signal.aborted) show(result, `${advice.title}. ${advice.detail}`, advice.verdict);
    } catch (error) {
      if (!signal.aborted) show(result, error instanceof Error ? `${error.message}.` : "", "bad");
    } finally {
      if (!signal.aborted) meter.hidden = true;
    }
  };

  microphone.addEventListener("click", () =>
    run("Speak a sentence or two, as you would in a call…", async (signal) => {
      const { checkMicrophone } = await import("./sound-check/sound-check.ts");
      meter.hidden = false;
      return checkMicrophone(devices(), (rms) => (meter.value = perceived(rms)), signal);
    }),
  );
  echo.addEventListener("click", () =>
    run("You should hear a sound, twice. Please be quiet for a moment…", async (signal) => {
      const { checkEcho } = await import("./sound-check/sound-check.ts");
      return checkEcho(devices(), signal);
    }),
  );
  element("open-settings", HTMLButtonElement).addEventListener("click", offer);
  drawer.addEventListener("close", () => {
    stop.abort();
    meter.hidden = true;
  });
}

function show(result: HTMLElement, text: string, verdict = ""): void {
  write(result, text);
  result.dataset.verdict = verdict;
}
