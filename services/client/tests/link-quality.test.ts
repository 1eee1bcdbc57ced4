import { describe, expect, it } from "vitest";
import { LinkQuality, linkNote } from "../src/link-quality.ts";

describe("LinkQuality", () => {
  it("says nothing of one late packet", () => {
    const link = new LinkQuality();
    link.lost("from-agent", 0.1, 0);
    expect(linkNote(link.slow(1))).toBe("");
  });

  it("says so when what is missing adds up", () => {
    const link = new LinkQuality();
    for (const at of [0, 2, 4]) link.lost("from-agent", 0.1, at);
    expect(linkNote(link.slow(5))).toContain("gaps");
  });

  it("does not add up what is long ago", () => {
    const link = new LinkQuality();
    for (const at of [0, 20, 40]) link.lost("from-agent", 0.2, at);
    expect(link.slow(41)).toBeUndefined();
  });

  it("stays until ten seconds have passed without a loss", () => {
    const link = new LinkQuality();
    link.lost("to-agent", 1, 0);
    expect(link.slow(1)).toBe("to-agent");
    link.lost("to-agent", 0.02, 8);
    expect(link.slow(12)).toBe("to-agent");
    expect(link.slow(19)).toBeUndefined();
  });

  it("tells first what the agent misses", () => {
    const link = new LinkQuality();
    link.lost("from-agent", 1, 0);
    link.lost("to-agent", 1, 0);
    expect(link.slow(1)).toBe("to-agent");
    link.forget();
    expect(link.slow(1)).toBeUndefined();
  });
});
