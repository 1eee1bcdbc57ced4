import { SmallWebRTCTransport } from "@pipecat-ai/small-webrtc-transport";
import type { CallMedia } from "./media/call-media.ts";

/** Pipecat's peer-to-peer transport with the call's own microphone. */
export function webRtcTransport(media: CallMedia): SmallWebRTCTransport {
  return new SmallWebRTCTransport({ mediaManager: media.asMediaManager() });
}
