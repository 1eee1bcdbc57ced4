import { describe, expect, it } from "vitest";
import { ProblemError, problemFrom, retryAfter } from "../src/problem.ts";

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}

describe("problemFrom", () => {
  it("reads problem details", async () => {
    const body = {
      type: "/problems/unknown-agent",
      title: "Unknown agent",
      status: 404,
      detail: "There is no agent called “x”.",
    };
    expect(await problemFrom(answer(404, body))).toEqual({
      slug: "unknown-agent",
      status: 404,
      title: "Unknown agent",
      detail: "There is no agent called “x”.",
      retryAfter: undefined,
    });
  });

  it.each([
    ["a proxy's page", "<h1>502</h1>", "text/html"],
    ["broken JSON", "{", "application/json"],
    ["JSON that is no object", "[]", "application/json"],
    ["fields of other kinds", '{"title": 7, "detail": null}', "application/json"],
  ])("finds words of its own for %s", async (_, body, type) => {
    const problem = await problemFrom(answer(502, body, { "content-type": type }));
    expect(problem.title).toBe("The service answered 502");
    expect(problem.detail).toMatch(/\w+\.$/);
  });

  it("takes a service without its records for no busy one", async () => {
    const problem = await problemFrom(answer(503, { type: "/problems/store-unavailable" }));
    expect(new ProblemError(problem)).toMatchObject({ busy: false, retryable: true });
  });

  it.each([
    ["a proxy's page", answer(502, "<h1>502</h1>", { "content-type": "text/html" }), true],
    ["our own proxy's word", answer(502, { type: "/problems/bad-gateway" }), true],
    ["a word of the service's", answer(502, { type: "/problems/daily-refused" }), false],
    ["a proxy's refusal", answer(403, "<h1>403</h1>", { "content-type": "text/html" }), false],
  ])("tells whether %s may be for a moment only", async (_, response, passing) => {
    expect(new ProblemError(await problemFrom(response)).passing).toBe(passing);
  });

  it("says when to ask again", async () => {
    const problem = await problemFrom(answer(503, {}, { "retry-after": "7" }));
    expect(problem.retryAfter).toBe(7);
    expect(new ProblemError(problem).busy).toBe(true);
  });
});

describe("retryAfter", () => {
  const now = Date.parse("2026-11-21T10:00:00Z");

  it.each([
    [null, undefined],
    ["", undefined],
    ["soon", undefined],
    ["3", 3],
    ["0", 1],
    ["86400", 120],
    ["Sat, 21 Nov 2026 10:00:09 GMT", 9],
    ["Sat, 21 Nov 2026 09:00:00 GMT", 1],
  ])("reads %j as %j seconds", (header, seconds) => {
    expect(retryAfter(header, now)).toBe(seconds);
  });
});

describe("ProblemError", () => {
  it.each([
    [0, true],
    [400, false],
    [401, false],
    [409, false],
    [422, false],
    [429, true],
    [500, true],
    [502, true],
    [503, true],
  ])("knows whether a retry helps after %i", (status, retryable) => {
    const problem = { slug: "", status, title: "", detail: "", retryAfter: undefined };
    expect(new ProblemError(problem).retryable).toBe(retryable);
  });
});
