import { beforeEach, describe, expect, it } from "vitest";
import type { BotEvent } from "../src/bot-event.ts";
import { Transcript } from "../src/transcript.ts";

let transcript: Transcript;

beforeEach(() => {
  transcript = new Transcript();
});

function user(text: string, final = true): BotEvent {
  return { type: "user-text", text, final };
}

function agent(text: string): BotEvent {
  return { type: "agent-text", text };
}

function words(...spoken: string[]): BotEvent[] {
  return spoken.map((text) => ({ type: "agent-words", text }));
}

const STOPPED: BotEvent = { type: "agent-stopped-speaking" };

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
    say(user("Hello."), agent("Hi."), STOPPED, user("Bye."));
    expect(lines()).toEqual(["user: Hello.", "agent: Hi.", "user: Bye."]);
  });
});

describe("the agent's side", () => {
  it("lights up the words that have been spoken", () => {
    say(agent("It is in this box."), ...words("It", "is", "in"));
    expect(lines()).toEqual(["agent: It is in"]);
    say(...words("this box."));
    expect(lines()).toEqual(["agent: It is in this box."]);
  });

  it("goes on from sentence to sentence", () => {
    say(agent("One, two."), agent("Three, four."), ...words("One,", "two.", "Three,"));
    expect(lines()).toEqual(["agent: One, two. Three,"]);
  });

  it("estimates the pace where the bot does not tell word by word", () => {
    say(agent("It arrives on Monday."));
    transcript.advance(0.2);
    expect(lines()).toEqual(["agent: It "]);
    say(agent("Early."));
    expect(lines()).toEqual(["agent: It arrives on Monday. "]);
  });

  it("trusts the bot's words more than the estimate", () => {
    say(agent("It arrives on Monday."), ...words("It"));
    transcript.advance(60);
    expect(lines()).toEqual(["agent: It"]);
  });

  it("has been heard to the end once the agent stops by itself", () => {
    say(agent("One two."), ...words("One"), STOPPED);
    expect(lines()).toEqual(["agent: One two."]);
  });

  it("shows the same sentence twice when it is said twice", () => {
    say(agent("Sorry?"), STOPPED, user("Hm."), agent("Sorry?"), ...words("Sorry?"));
    expect(lines()).toEqual(["agent: Sorry?", "user: Hm.", "agent: Sorry?"]);
  });
});

describe("barge-in", () => {
  it("keeps only what was heard, and says so", () => {
    say(agent("It arrives on Monday morning."), ...words("It", "arrives"));
    say({ type: "user-started-speaking" }, { type: "interrupted" });
    expect(lines()).toEqual(["agent: It arrives (interrupted)"]);
  });

  it("is not undone by what the bot reports late", () => {
    say(agent("It arrives on Monday."), { type: "interrupted" }, ...words("It"), STOPPED);
    transcript.advance(60);
    expect(lines()).toEqual(["agent:  (interrupted)"]);
  });

  it("marks nothing when the agent had finished", () => {
    say(agent("Done."), STOPPED, { type: "user-started-speaking" }, user("Thanks."));
    expect(lines()).toEqual(["agent: Done.", "user: Thanks."]);
  });
});

describe("tools and notes", () => {
  it("shows a tool from start to end, between what was said before and after", () => {
    say(agent("Let me look."), STOPPED);
    say({ type: "tool-started", id: "1", name: "track_order" });
    expect(lines().at(-1)).toBe("tool: track_order running");
    say({ type: "tool-stopped", id: "1", name: "track_order", cancelled: false });
    say(agent("It was sent."), STOPPED);
    expect(lines()).toEqual([
      "agent: Let me look.",
      "tool: track_order done",
      "agent: It was sent.",
    ]);
  });

  it("begins a new turn after a note", () => {
    say(agent("One."), STOPPED);
    transcript.note("Connection restored");
    say(agent("Two."), STOPPED);
    expect(lines()).toEqual(["agent: One.", "note: Connection restored", "agent: Two."]);
  });

  it("tells of every change", () => {
    const seen: number[] = [];
    transcript.onChange = (item) => seen.push(item.id);
    say(user("a", false), user("a"), agent("b"));
    transcript.advance(1);
    expect(seen).toEqual([0, 0, 1, 1]);
  });
});
