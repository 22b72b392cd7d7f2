/** Steps that no scenario has, as what comes of them is not always the same. README.md tells of all that is left out. */
import type { SetUp, Step } from "./scenario.ts";

/**
 * After a body callback that neither went on nor had everything held, Envoy's filter keeps a pointer to bytes that are
 * gone. Nothing may look there.
 */
export function withoutStale(steps: readonly Step[]): Step[] {
  const ofBody = ["body", "edit", "length"];
  return steps.filter(({ at, filter, do: [command, buffer] }) => {
    if (!ofBody.includes(command)) return true;
    const own = buffer === 0 ? "request_body" : "response_body";
    const isKept = steps.some(
      (other) =>
        other.filter === filter &&
        other.at === own &&
        (["respond", "close"].includes(other.do[0]) || (other.do[0] === "return" && Number(other.do[1]) > 1)),
    );
    return at === own || !isKept;
  });
}

/** Two of these from one callback, of which Envoy does the second while it does the first: it crashes, or loses both. */
export function withoutRaces(steps: readonly Step[]): Step[] {
  const isEnd = ({ do: [command] }: Step) => command === "respond" || command === "close";
  return steps.filter((step, index) => {
    if (!isEnd(step) && step.do[0] !== "continue") return true;
    const others = steps.filter(({ at, filter }) => at === step.at && filter === step.filter);
    const earlier = others.filter((other) => steps.indexOf(other) < index);
    if (isEnd(step)) return !earlier.some(isEnd);
    return !others.some(isEnd) && !earlier.some(({ do: command }) => String(command) === String(step.do));
  });
}

/** A response that no client accepts: when it gives up, and what Envoy has done by then, is not always the same. */
export function withoutMalformed(
  { protocol, bufferLimitBytes }: SetUp,
  isSized: boolean,
  steps: readonly Step[],
): Step[] {
  const isReplaced = isSized || steps.some(({ do: [command] }) => command === "respond");
  const isHeld = (filter: number) =>
    steps.some(
      (step) => step.filter === filter && step.at === "request_body" && step.call === "*" && step.do[0] === "return",
    );
  return steps.filter(({ filter, at, call, do: [command, map, ...words] }) => {
    // Behind back-pressure Envoy keeps bytes that were put into an empty last piece; our host loses them.
    if (bufferLimitBytes !== undefined && command === "edit") return false;
    const isCut = at === "response_body" && command === "return" && Number(map) > 2;
    if (protocol === "http2" && isReplaced && isCut) return false;
    if (protocol === "http2" && command === "respond" && map === 204) return words[1] === "";
    if (protocol === "http2" && command === "edit") return map === 0 || !isReplaced;
    if (!["add", "replace", "set", "remove"].includes(command)) return true;
    // Headers that have been passed on can be changed until there is a connection to upstream.
    if (map === 0 && at === "request_body" && call !== 1 && !isHeld(filter)) return false;
    const names = words.filter((_, at) => at % 2 === 0).map((word) => String(word).toLowerCase());
    const unfit = command === "add" ? [":status", ":method", "content-length"] : [];
    if (names.some((name) => unfit.includes(name))) return false;
    if (protocol === "http1" || (map !== 2 && map !== 3)) return true;
    const isStatusUnfit = command === "remove" || words.includes("abc") || words.includes("204");
    if (names.includes(":status") ? isStatusUnfit : command === "set" && map === 2) return false;
    return !names.includes("content-length");
  });
}
