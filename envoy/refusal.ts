/** What Envoy's log has to say about a refusal. */
import type { LogRecord } from "./log.ts";

/**
 * Before what is wrong, Envoy prints the whole message that it is wrong with, modules and secrets among it. The file is a
 * temporary one.
 */
export const withoutConfiguration = (message: string): string =>
  message
    .replace(/^error initializing configuration '[^']*': /, "")
    .replace(/^.*(?=Proto constraint validation failed)/s, "")
    .replace(/goo\.gle\/debug.*/s, "...");

/** One line for each thing; protobuf's messages have blanks at random. */
export function refusal(records: readonly LogRecord[]): string {
  const serious = records.filter(({ level }) => level === "error" || level === "critical");
  const words = (serious.length > 0 ? serious : records.slice(-5)).map(({ message }) =>
    withoutConfiguration(message).replaceAll(/\s+/g, " "),
  );
  return words.filter((word, at) => !words.some((other, before) => before < at && other.includes(word))).join("\n  ");
}
