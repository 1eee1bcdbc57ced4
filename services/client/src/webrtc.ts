import { SmallWebRTCTransport } from "@pipecat-ai/small-webrtc-transport";
import type { WebRtcMeeting } from "./connect.ts";
import type { Line, LineObserver } from "./line.ts";
import { CallMedia } from "./media/call-media.ts";
import type { Microphone } from "./media/microphone.ts";
import { lostFromAgent, lostToAgent, type Report } from "./webrtc-loss.ts";

const LOOK_MS = 2_000;

/** A peer-to-peer line with the call's own microphone. */
export function webRtcLine(
  { webrtcRequestParams, iceConfig }: WebRtcMeeting,
  microphone: Microphone,
  observer: LineObserver,
): Line {
  const mediaManager = new CallMedia(microphone).asMediaManager();
  return {
    transport: new WatchedTransport(mediaManager, observer),
    parameters: { webrtcRequestParams, iceConfig },
  };
}

/** Pipecat's WebRTC transport, which is asked now and then how much of the sound was lost. */
class WatchedTransport extends SmallWebRTCTransport {
  readonly #observer: LineObserver;
  #looking: ReturnType<typeof setInterval> | undefined;
  #last: readonly Report[] = [];

  constructor(mediaManager: ReturnType<CallMedia["asMediaManager"]>, observer: LineObserver) {
    super({ mediaManager });
    this.#observer = observer;
  }

  override sendReadyMessage(): void {
    this.#looking = setInterval(() => void this.#look(), LOOK_MS);
    super.sendReadyMessage();
  }

  override async _disconnect(): Promise<void> {
    clearInterval(this.#looking);
    await super._disconnect();
  }

  async #look(): Promise<void> {
    // Private by name alone, and there is no other way to it.
    const { pc } = this as unknown as { pc: RTCPeerConnection | null };
    const stats: Report[] = [];
    for (const report of (await pc?.getStats())?.values() ?? []) stats.push(report);
    const lost = { "from-agent": lostFromAgent, "to-agent": lostToAgent } as const;
    for (const direction of ["from-agent", "to-agent"] as const) {
      const seconds = lost[direction](this.#last, stats);
      if (seconds > 0) this.#observer.lost(direction, seconds);
    }
    this.#last = stats;
  }
}
