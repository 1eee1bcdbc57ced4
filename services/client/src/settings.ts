import { TRANSPORTS, type TransportName } from "./connect.ts";

export interface Settings {
  transport: TransportName;
  /** Empty for the service's default. */
  agent: string;
  /** Device id; empty for the system's default. */
  microphone: string;
  /** The loudspeaker's id; empty for the system's default. */
  speaker: string;
  /** 0 to 1. */
  volume: number;
  shortcuts: boolean;
}

const STORED_AS = "settings";
const DEFAULTS: Settings = {
  transport: "websocket",
  agent: "",
  microphone: "",
  speaker: "",
  volume: 1,
  shortcuts: true,
};

/**
 * What this browser was told before; `?agent=` and `?transport=` in the address win.
 *
 * @param offered - the service's transports; what was kept may be of another time.
 */
export function loadSettings(
  address: string,
  storage: Pick<Storage, "getItem">,
  offered: readonly TransportName[] = TRANSPORTS,
): Settings {
  const settings = { ...DEFAULTS, ...stored(storage) };
  const query = new URL(address).searchParams;
  const kept = offered.includes(settings.transport) ? settings.transport : offered[0];
  return {
    ...settings,
    agent: query.get("agent") ?? "",
    transport: transportNamed(query.get("transport")) ?? kept ?? DEFAULTS.transport,
  };
}

/** Reads names with commas between them; all transports where there is none among them. */
export function transportsNamed(names: string): readonly TransportName[] {
  const list = names.split(",").map((name) => name.trim());
  const named = TRANSPORTS.filter((transport) => list.includes(transport));
  return named.length > 0 ? named : TRANSPORTS;
}

/** Reads names with commas between them, the default one first; none where there is no choice. */
export function agentsNamed(names: string): readonly string[] {
  const list = names.split(",").map((name) => name.trim());
  const named = [...new Set(list.filter((name) => name !== ""))];
  return named.length > 1 ? named : [];
}

/** These agents, and the one that an address named, which the service may know all the same. */
export function agentsWith(chosen: string, agents: readonly string[]): readonly string[] {
  return chosen === "" || agents.includes(chosen) ? agents : [...agents, chosen];
}

/** Keeps all but the agent, which the address alone decides: a link means the same for everybody. */
export function saveSettings(settings: Settings, storage: Pick<Storage, "setItem">): void {
  const { agent: _agent, ...kept } = settings;
  storage.setItem(STORED_AS, JSON.stringify(kept));
}

function stored(storage: Pick<Storage, "getItem">): Partial<Settings> {
  try {
    const kept: unknown = JSON.parse(storage.getItem(STORED_AS) ?? "{}");
    return typeof kept === "object" && kept !== null ? valid(kept) : {};
  } catch {
    return {};
  }
}

function valid(kept: Partial<Record<keyof Settings, unknown>>): Partial<Settings> {
  const transport = transportNamed(kept.transport);
  return {
    ...(transport && { transport }),
    ...(typeof kept.microphone === "string" && { microphone: kept.microphone }),
    ...(typeof kept.speaker === "string" && { speaker: kept.speaker }),
    ...(typeof kept.volume === "number" && { volume: Math.max(0, Math.min(1, kept.volume)) }),
    ...(typeof kept.shortcuts === "boolean" && { shortcuts: kept.shortcuts }),
  };
}

/** The transport of this name, if there is one. */
export function transportNamed(name: unknown): TransportName | undefined {
  return TRANSPORTS.find((transport) => transport === name);
}
