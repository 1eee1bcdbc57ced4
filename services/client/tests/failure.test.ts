import { expect, it } from "vitest";
import { failure } from "../src/failure.ts";
import { MicrophoneError, microphoneProblem } from "../src/media/microphone-problem.ts";
import { ProblemError } from "../src/problem.ts";

function problem(status: number, slug = ""): ProblemError {
  return new ProblemError({ slug, status, title: "T", detail: "D.", retryAfter: undefined });
}

it("shows the service's own words", () => {
  expect(failure(problem(404), false)).toEqual({ phase: "failed", title: "T", detail: "D." });
});

it.each([403, 404, 409, 410])("takes a return refused with %i for the end", (status) => {
  expect(failure(problem(status), true)).toEqual({ phase: "ended", reason: "session-gone" });
});

it("shows the service's own words for what is wrong with a return", () => {
  expect(failure(problem(422), true)).toMatchObject({ phase: "failed", detail: "D." });
});

it("says where to choose another connection", () => {
  expect(failure(problem(422, "unknown-transport"), false)).toEqual({
    phase: "failed",
    title: "This connection is not offered",
    detail: "D. Choose one in Settings.",
  });
});

it("goes back to where it was when nobody wants to give a key", () => {
  expect(failure(problem(401), false)).toEqual({ phase: "idle" });
  expect(failure(problem(401), true)).toEqual({ phase: "lost" });
});

it.each([
  ["NotAllowedError", "The microphone is blocked"],
  ["NotFoundError", "No microphone was found"],
  ["NotReadableError", "The microphone is in use"],
  ["SomethingElse", "The microphone did not start"],
])("says what %s means", (name, title) => {
  const error = new MicrophoneError(microphoneProblem(new DOMException("", name)));
  expect(failure(error, false)).toMatchObject({ phase: "failed", title });
});

it("says what to do about an error that nobody foresaw", () => {
  expect(failure(new Error("?"), false)).toMatchObject({ detail: expect.stringMatching(/Reload/) });
});
