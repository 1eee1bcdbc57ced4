import { element } from "./page.ts";

/** The agent's own video, in place of the drawn face while it plays; not for those who avoid motion. */
export class FaceVideo {
  readonly #call = element("call", HTMLElement);
  readonly #video = element("face", HTMLVideoElement);

  constructor() {
    this.#video.addEventListener("playing", () => {
      this.#call.dataset.face = "video";
    });
  }

  /** Shows the track as soon as it moves; undefined brings the drawn face back. */
  show(track: MediaStreamTrack | undefined): void {
    const { matches: still } = window.matchMedia("(prefers-reduced-motion: reduce)");
    delete this.#call.dataset.face;
    this.#video.srcObject = track && !still ? new MediaStream([track]) : null;
    if (this.#video.srcObject) void this.#video.play().catch(() => undefined);
  }
}
