import { beforeEach, describe, expect, it } from "vitest";
import type { BotEvent, Spoken } from "../src/bot-event.ts";
import { Transcript } from "../src/transcript.ts";

let transcript: Transcript;

beforeEach(() => {
  transcript = new Transcript();
});

function user(text: string, final = true): BotEvent {
  return { type: "user-text", text, final };
}

function agent(text: string, spoken: Spoken, segment?: number): BotEvent {
  return { type: "agent-text", text, spoken, segment };
}

function say(...events: BotEvent[]): void {
  for (const event of events) transcript.apply(event);
}

function lines(): string[] {
  return transcript.items.map((item) => {
    if (item.role === "user") return `user: ${item.text}${item.interim && `[${item.interim}]`}`;
    if (item.role === "tool") return `tool: ${item.name} ${item.state}`;
    if (item.role === "note") return `note: ${item.text}`;
    const text = item.segments.map((segment) => segment.text.slice(0, segment.heard)).join(" ");
    return `agent: ${text}${item.interrupted ? " (interrupted)" : ""}`;
  });
}

describe("the caller's side", () => {
  it("replaces what was understood so far by what was understood for good", () => {
    say(user("where is", false), user("where is my", false));
    expect(lines()).toEqual(["user: [where is my]"]);
    say(user("Where is my order?"));
    expect(lines()).toEqual(["user: Where is my order?"]);
  });

  it("joins the pieces of one turn", () => {
    say(user("Where is my order"), user("four two one seven?"));
    expect(lines()).toEqual(["user: Where is my order four two one seven?"]);
  });

  it("begins a new turn after the agent has spoken", () => {
    say(user("Hello."), agent("Hi.", "completed"), user("Bye."));
    expect(lines()).toEqual(["user: Hello.", "agent: Hi.", "user: Bye."]);
  });
});

describe("the agent's side", () => {
  it("shows a sentence in step with speech", () => {
    say(agent("It arrives on Monday.", "new", 1));
    expect(lines()).toEqual(["agent: "]);
    transcript.advance(0.2);
    expect(lines()).toEqual(["agent: It "]);
    transcript.advance(60);
    expect(lines()).toEqual(["agent: It arrives on Monday."]);
  });

  it("joins the sentences of one turn, and takes the earlier ones as heard", () => {
    say(agent("One.", "new", 1), agent("Two.", "new", 2));
    expect(lines()).toEqual(["agent: One. "]);
  });

  it("follows the bot's own progress", () => {
    say(agent("One two three.", "new", 1), agent("One two three.", 7, 1));
    expect(lines()).toEqual(["agent: One two"]);
  });

  it("knows a spoken sentence again under another id", () => {
    say(agent("One.", "new", 1), agent("One.", "completed", 77));
    expect(lines()).toEqual(["agent: One."]);
  });

  it("shows the same sentence twice when it is said twice", () => {
    say(agent("Sorry?", "new", 1), agent("Sorry?", "completed", 2), user("Hm."));
    say(agent("Sorry?", "new", 3), agent("Sorry?", "completed", 4));
    expect(lines()).toEqual(["agent: Sorry?", "user: Hm.", "agent: Sorry?"]);
  });
});

describe("barge-in", () => {
  it("keeps only what was heard, and says so", () => {
    say(agent("It arrives on Monday morning.", "new", 1));
    transcript.advance(0.7);
    say({ type: "user-started-speaking" }, { type: "interrupted" });
    expect(lines()).toEqual(["agent: It arrives (interrupted)"]);
  });

  it("is not undone by a late report of the whole sentence", () => {
    say(agent("It arrives on Monday.", "new", 1), { type: "interrupted" });
    say(agent("It arrives on Monday.", "completed", 9), { type: "agent-stopped-speaking" });
    expect(lines()).toEqual(["agent:  (interrupted)"]);
  });

  it("marks nothing when the agent had finished", () => {
    say(agent("Done.", "new", 1), { type: "agent-stopped-speaking" });
    say({ type: "user-started-speaking" }, user("Thanks."));
    expect(lines()).toEqual(["agent: Done.", "user: Thanks."]);
  });
});

describe("tools and notes", () => {
  it("shows a tool from start to end, between what was said before and after", () => {
    say(agent("Let me look.", "completed"));
    say({ type: "tool-started", id: "1", name: "track_order" });
    expect(lines().at(-1)).toBe("tool: track_order running");
    say({ type: "tool-stopped", id: "1", name: "track_order", cancelled: false });
    say(agent("It was sent.", "completed"));
    expect(lines()).toEqual([
      "agent: Let me look.",
      "tool: track_order done",
      "agent: It was sent.",
    ]);
  });

  it("begins a new turn after a note", () => {
    say(agent("One.", "completed"));
    transcript.note("Connection restored");
    say(agent("Two.", "completed"));
    expect(lines()).toEqual(["agent: One.", "note: Connection restored", "agent: Two."]);
  });

  it("tells of every change", () => {
    const seen: number[] = [];
    transcript.onChange = (item) => seen.push(item.id);
    say(user("a", false), user("a"), agent("b", "new", 1));
    transcript.advance(1);
    expect(seen).toEqual([0, 0, 1, 1]);
  });
});
