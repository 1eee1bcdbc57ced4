import { expect, it } from "vitest";
import { dailyProblem, UNREACHABLE } from "../src/daily-problem.ts";
import { ProblemError } from "../src/problem.ts";

it.each(["no-room", "exp-room", "exp-token", "ejected", "meeting-full", "not-allowed"])(
  "lets the server be asked once more after %s",
  (type) => {
    const problem = dailyProblem(type);
    expect(problem).not.toBe(UNREACHABLE);
    expect(new ProblemError(problem).retryable).toBe(true);
  },
);

it("does not try on with a page that Daily no longer serves", () => {
  expect(new ProblemError(dailyProblem("end-of-life")).retryable).toBe(false);
});

it.each(["connection-error", "something-new", undefined])("blames the network for %s", (type) => {
  expect(dailyProblem(type)).toBe(UNREACHABLE);
});
