/** A report of WebRTC's statistics, as far as it is read here. */
export type Report = {
  type: string;
  kind?: string;
  [name: string]: unknown;
};

/** What is made up for silence that was lost, and shorter, no one notices. */
const LEAST_SECONDS = 0.02;
/** Of what was sent; less is made up for without a word. */
const NOTICEABLE_LOSS = 0.03;
const LATE_SECONDS = 0.4;
const PACKET_SECONDS = 0.02;

/** Seconds of the agent's sound between two reports that were made up because they did not come. */
export function lostFromAgent(before: readonly Report[], now: readonly Report[]): number {
  const difference = (name: string) => grown("inbound-rtp", name, before, now);
  const rate =
    difference("totalSamplesReceived") / Math.max(difference("totalSamplesDuration"), 1e-3);
  const concealed = difference("concealedSamples") - difference("silentConcealedSamples");
  const seconds = rate > 0 ? concealed / rate : concealed / 48_000;
  return seconds >= LEAST_SECONDS ? seconds : 0;
}

/** The same of the caller's, as the bot reports it; a long way there is as bad. */
export function lostToAgent(before: readonly Report[], now: readonly Report[]): number {
  const lost = grown("remote-inbound-rtp", "packetsLost", before, now);
  const sent = grown("outbound-rtp", "packetsSent", before, now);
  const way = value("remote-inbound-rtp", "roundTripTime", now);
  if (way !== undefined && way > LATE_SECONDS) return way;
  return sent > 0 && lost / sent > NOTICEABLE_LOSS ? lost * PACKET_SECONDS : 0;
}

function grown(
  type: string,
  name: string,
  before: readonly Report[],
  now: readonly Report[],
): number {
  const last = value(type, name, before);
  const current = value(type, name, now);
  return last === undefined || current === undefined ? 0 : Math.max(0, current - last);
}

function value(type: string, name: string, reports: readonly Report[]): number | undefined {
  const found = reports.find((report) => report.type === type && report.kind === "audio")?.[name];
  return typeof found === "number" ? found : undefined;
}
