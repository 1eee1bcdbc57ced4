import { SmallWebRTCTransport } from "@pipecat-ai/small-webrtc-transport";
import type { WebRtcMeeting } from "./connect.ts";
import type { Line } from "./line.ts";
import { CallMedia } from "./media/call-media.ts";
import type { Microphone } from "./media/microphone.ts";

/** A peer-to-peer line with the call's own microphone. */
export function webRtcLine(
  { webrtcRequestParams, iceConfig }: WebRtcMeeting,
  microphone: Microphone,
): Line {
  const mediaManager = new CallMedia(microphone).asMediaManager();
  return {
    transport: new SmallWebRTCTransport({ mediaManager }),
    parameters: { webrtcRequestParams, iceConfig },
  };
}
