/** Makes a scenario as small as it can be while it still shows a difference. */
import type { HeaderLine } from "@proxy-wasm-kit/testing";
import type { Command, Message, Scenario, Step } from "./scenario.ts";

/** Takes the first smaller scenario that `differs`, until there is none. */
export async function shrink(
  scenario: Scenario,
  differs: (candidate: Scenario) => Promise<boolean>,
): Promise<Scenario> {
  let smallest = scenario;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of candidates(smallest)) {
      if (JSON.stringify(candidate) === JSON.stringify(smallest) || !(await differs(candidate))) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

/** Those that leave most out first. */
function* candidates(scenario: Scenario): Iterable<Scenario> {
  const { setUp, request, response, steps } = scenario;
  for (let filter = 0; setUp.filters.length > 1 && filter < setUp.filters.length; filter++) {
    yield withoutFilter(scenario, filter);
  }
  const { bufferLimitBytes, ...unlimited } = setUp;
  if (bufferLimitBytes !== undefined) yield { ...scenario, setUp: unlimited };
  for (const half of [steps.slice(steps.length / 2), steps.slice(0, steps.length / 2)]) {
    if (half.length > 0) yield { ...scenario, steps: half };
  }
  for (const rest of shorter(steps)) yield { ...scenario, steps: rest };
  for (const message of smallerMessages(request)) yield { ...scenario, request: { ...message } };
  for (const message of smallerMessages(response)) yield { ...scenario, response: { ...message } };
  const { early, ...late } = response;
  if (early !== undefined) yield { ...scenario, response: late };
  yield { ...scenario, request: { ...request, path: "/" } };
  yield { ...scenario, request: { ...request, authority: "example.com" } };
  yield { ...scenario, request: { ...request, method: "GET" } };
  yield { ...scenario, response: { ...response, status: 200 } };
  for (const [at, step] of steps.entries()) {
    for (const simpler of simplerSteps(step)) yield { ...scenario, steps: steps.with(at, simpler) };
  }
  if (!setUp.filters.every(Boolean)) yield { ...scenario, setUp: { ...setUp, filters: setUp.filters.map(() => true) } };
  if (setUp.protocol !== "http1") yield { ...scenario, setUp: { ...setUp, protocol: "http1" } };
}

function withoutFilter(scenario: Scenario, gone: number): Scenario {
  return {
    ...scenario,
    setUp: { ...scenario.setUp, filters: scenario.setUp.filters.filter((_, filter) => filter !== gone) },
    steps: scenario.steps
      .filter(({ filter }) => filter !== gone)
      .map((step) => ({ ...step, filter: step.filter > gone ? step.filter - 1 : step.filter })),
  };
}

function* smallerMessages<T extends Message>(message: T): Iterable<T> {
  const { body, whole, trailers, ...head } = message;
  for (const headers of shorter(message.headers)) yield { ...message, headers };
  if (body !== undefined || trailers !== undefined) yield head as T;
  if (trailers !== undefined) {
    yield { ...head, ...(body && { body }) } as T;
    for (const rest of shorter(trailers)) yield { ...message, trailers: rest };
    for (const rest of simplerLines(trailers)) yield { ...message, trailers: rest };
  }
  if (body !== undefined && !whole) for (const pieces of shorter(body)) yield { ...message, body: pieces };
  if (body !== undefined) for (const [at] of body.entries()) yield { ...message, body: body.with(at, "a") };
  for (const headers of simplerLines(message.headers)) yield { ...message, headers };
}

function* simplerLines(lines: readonly HeaderLine[]): Iterable<readonly HeaderLine[]> {
  for (const [at, [name]] of lines.entries()) {
    yield lines.with(at, ["x-a", "1"]);
    yield lines.with(at, [name, "1"]);
  }
}

function* simplerSteps(step: Step): Iterable<Step> {
  if (step.call !== "*") yield { ...step, call: "*" };
  const [name, ...words] = step.do;
  const fixed = { set: 1, respond: 4 }[name] ?? words.length;
  for (let at = fixed; at + 1 < words.length; at += 2) {
    yield { ...step, do: [name, ...words.slice(0, at), ...words.slice(at + 2)] as Command };
  }
  for (const [at, word] of words.entries()) {
    if (typeof word === "string" && word.length > 1) yield { ...step, do: [name, ...words.with(at, "1")] as Command };
  }
}

/** Lists with one entry less. */
const shorter = <T>(list: readonly T[]): T[][] => list.map((_, gone) => list.filter((_entry, at) => at !== gone));
