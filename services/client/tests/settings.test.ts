import { describe, expect, it } from "vitest";
import {
  agentsNamed,
  agentsWith,
  loadSettings,
  saveSettings,
  transportsNamed,
} from "../src/settings.ts";

function load(address: string, kept: string | null = null) {
  return loadSettings(address, { getItem: () => kept });
}

describe("settings", () => {
  it("follow the address before what was kept", () => {
    const kept = JSON.stringify({ transport: "webrtc", volume: 0.4 });
    expect(load("https://x/?agent=it-help-desk&transport=websocket", kept)).toMatchObject({
      agent: "it-help-desk",
      transport: "websocket",
      volume: 0.4,
    });
  });

  it.each(["websocket", "webrtc", "daily"])("know %s", (transport) => {
    expect(load(`https://x/?transport=${transport}`)).toMatchObject({ transport });
  });

  it.each(["{", "[]", "null", '{"transport":"pigeon","volume":"loud"}'])(
    "survive %s in the storage",
    (kept) => {
      expect(load("https://x/", kept)).toEqual(load("https://x/"));
    },
  );

  it("fall back to a transport that the service offers, unless the address insists", () => {
    const storage = { getItem: () => '{"transport":"webrtc"}' };
    const load = (address: string) => loadSettings(address, storage, ["websocket", "daily"]);
    expect(load("https://x/")).toMatchObject({ transport: "websocket" });
    expect(load("https://x/?transport=webrtc")).toMatchObject({ transport: "webrtc" });
  });

  it("keep everything but the agent", () => {
    let kept = "";
    saveSettings(load("https://x/?agent=a"), { setItem: (_, value) => (kept = value) });
    expect(kept).toContain("websocket");
    expect(kept).not.toContain("agent");
  });
});

it.each([
  ["daily, websocket", ["websocket", "daily"]],
  ["pigeon,webrtc", ["webrtc"]],
  ["pigeon", ["websocket", "webrtc", "daily"]],
  ["", ["websocket", "webrtc", "daily"]],
])("the transports of %j are %j", (names, transports) => {
  expect(transportsNamed(names)).toEqual(transports);
});

it.each([
  ["order-desk,it-help-desk", ["order-desk", "it-help-desk"]],
  ["order-desk, it-help-desk,order-desk,", ["order-desk", "it-help-desk"]],
  ["order-desk,order-desk", []],
  ["order-desk", []],
  ["", []],
])("the agents of %j to choose from are %j", (names, agents) => {
  expect(agentsNamed(names)).toEqual(agents);
});

it("an agent that the address named can be chosen beside those of the service", () => {
  expect(agentsWith("", ["b", "a"])).toEqual(["b", "a"]);
  expect(agentsWith("a", ["b", "a"])).toEqual(["b", "a"]);
  expect(agentsWith("tea-shop", ["b", "a"])).toEqual(["b", "a", "tea-shop"]);
});
