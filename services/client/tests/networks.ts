/** How the chunks of a reply, sent every 40 ms, come through networks of different kinds. */

export interface Network {
  /** Seconds of delay that are added to each chunk's own time. */
  delay(index: number, random: () => number): number;
}

/** The same numbers in every run. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** Arrival times in seconds; a TCP connection delivers in order, so none is before the one ahead of it. */
export function arrivals(network: Network, count: number, seed = 1): number[] {
  const random = generator(seed);
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    // The bot sends the first two at once and then one every 40 ms.
    const sent = Math.max(0, index - 1) * 0.04;
    times.push(Math.max(times.at(-1) ?? 0, sent + network.delay(index, random)));
  }
  return times;
}

/** Made to resemble such networks; they are no recordings. */
export const NETWORKS = {
  calm: { delay: (_, random) => 0.02 + random() * 0.004 },
  wifi: { delay: (_, random) => 0.02 + (random() < 0.04 ? random() * 0.12 : random() * 0.012) },
  mobile: { delay: (_, random) => 0.05 - Math.log(1 - random() * 0.999) * 0.03 },
  stalls: { delay: (index) => (index % 60 > 56 ? 0.02 + (60 - (index % 60)) * 0.04 : 0.02) },
} satisfies Record<string, Network>;
