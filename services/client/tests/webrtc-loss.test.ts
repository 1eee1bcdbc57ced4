import { describe, expect, it } from "vitest";
import { lostFromAgent, lostToAgent } from "../src/webrtc-loss.ts";

function inbound(concealedSamples: number, silentConcealedSamples = 0, seconds = 0) {
  const samples = { totalSamplesReceived: seconds * 48_000, totalSamplesDuration: seconds };
  return [
    { type: "inbound-rtp", kind: "audio", concealedSamples, silentConcealedSamples, ...samples },
  ];
}

function outbound(packetsLost: number, packetsSent: number, roundTripTime = 0.05) {
  return [
    { type: "remote-inbound-rtp", kind: "audio", packetsLost, roundTripTime },
    { type: "outbound-rtp", kind: "audio", packetsSent },
  ];
}

describe("loss on WebRTC", () => {
  it("counts what was made up, without the silence", () => {
    expect(lostFromAgent(inbound(0, 0, 1), inbound(9_600, 4_800, 3))).toBeCloseTo(0.1);
    expect(lostFromAgent(inbound(0, 0, 1), inbound(4_800, 4_800, 3))).toBe(0);
  });

  it("counts the caller's packets that the bot misses, if they are many", () => {
    expect(lostToAgent(outbound(0, 0), outbound(10, 100))).toBeCloseTo(0.2);
    expect(lostToAgent(outbound(0, 0), outbound(1, 100))).toBe(0);
  });

  it("takes a long way for a slow one", () => {
    expect(lostToAgent(outbound(0, 0), outbound(0, 100, 0.9))).toBe(0.9);
  });

  it("knows nothing of a first report, or of none", () => {
    expect(lostFromAgent([], inbound(48_000))).toBe(0);
    expect(lostFromAgent([], [])).toBe(0);
    expect(lostToAgent([], [])).toBe(0);
  });
});
