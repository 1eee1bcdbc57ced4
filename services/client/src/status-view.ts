import { type CallState, inCall } from "./call-state.ts";
import { element, write } from "./page.ts";
import { describe, hangUpLabel, startLabel } from "./status.ts";

/** Shows where the call stands: the status lines, the controls that make sense, the announcements. */
export class StatusView {
  readonly #call = element("call", HTMLElement);
  readonly #title = element("status-title", HTMLElement);
  readonly #detail = element("status-detail", HTMLElement);
  readonly #announcement = element("announcement", HTMLElement);
  readonly #alert = element("alert", HTMLElement);
  readonly #start = element("start", HTMLButtonElement);
  readonly #hangUp = element("hang-up", HTMLButtonElement);
  readonly #hangUpLabel = element("hang-up-label", HTMLElement);
  readonly #muteGroup = element("mute-group", HTMLElement);
  readonly #muteLabel = element("mute-label", HTMLElement);
  readonly #muteIcon = element("mute-icon", SVGUseElement);
  readonly #meters = element("meters", HTMLElement);

  show(state: CallState, muted: boolean): void {
    const { title, detail, announcement, urgent } = describe(state, muted);
    this.#call.dataset.phase = state.phase;
    this.#call.dataset.activity = state.phase === "live" ? state.activity : "none";
    this.#call.dataset.muted = String(muted);
    write(this.#title, title);
    write(this.#detail, detail);
    write(this.#announcement, urgent ? "" : announcement);
    write(this.#alert, urgent ? announcement : "");
    write(this.#muteLabel, muted ? "Unmute microphone" : "Mute microphone");
    this.#muteIcon.setAttribute("href", muted ? "#icon-microphone-off" : "#icon-microphone");
    this.#showControls(state);
  }

  #showControls(state: CallState): void {
    const label = startLabel(state);
    const focused = document.activeElement;
    const focusWillVanish = focused === this.#start || focused === this.#hangUp;
    write(this.#start, label ?? this.#start.textContent ?? "");
    write(this.#hangUpLabel, hangUpLabel(state));
    this.#start.hidden = label === undefined;
    this.#hangUp.hidden = label !== undefined;
    this.#muteGroup.hidden = !inCall(state);
    this.#meters.hidden = !inCall(state);
    if (focusWillVanish) (label === undefined ? this.#hangUp : this.#start).focus();
  }
}
