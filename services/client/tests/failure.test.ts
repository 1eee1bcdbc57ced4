import { expect, it } from "vitest";
import { failure } from "../src/failure.ts";
import { MicrophoneError, microphoneProblem } from "../src/media/microphone-problem.ts";
import { ProblemError } from "../src/problem.ts";

function problem(status: number): ProblemError {
  return new ProblemError({ slug: "", status, title: "T", detail: "D.", retryAfter: undefined });
}

it("shows the service's own words", () => {
  expect(failure(problem(404), false)).toEqual({ phase: "failed", title: "T", detail: "D." });
});

it("takes a refused return for the end of the call", () => {
  expect(failure(problem(409), true)).toEqual({ phase: "ended", reason: "session-gone" });
});

it("goes back to the start when nobody wants to give a key", () => {
  expect(failure(problem(401), false)).toEqual({ phase: "idle" });
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
