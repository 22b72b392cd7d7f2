/** Trying again what may well succeed the next time. */
import { setTimeout as sleep } from "node:timers/promises";
import { RegistryFailure } from "./failure.ts";

/** A failure that time may mend: the registry was busy, or the connection broke. */
export class TransientFailure extends RegistryFailure {
  /** How long the registry asks to wait; null when it does not say. */
  readonly retryAfterMs: number | null;
  constructor(message: string, retryAfterMs: number | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Waits between two tries. */
export type Pause = (ms: number) => Promise<unknown>;

const tries = 5;
const firstPauseMs = 500;
/** A registry that asks for more is not waited for. */
const longestPauseMs = 60_000;

/** Runs an operation until it does not fail transiently; `onRetry` learns of each failure that is not the last. */
export async function withRetries<T>(
  operation: () => Promise<T>,
  { pause = sleep, onRetry = () => {} }: { readonly pause?: Pause; readonly onRetry?: (why: string) => void },
): Promise<T> {
  for (let failed = 1; ; failed++) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof TransientFailure)) throw error;
      // Up to a half more, so that many who failed together do not come back together.
      const ms = error.retryAfterMs ?? firstPauseMs * 2 ** (failed - 1) * (1 + Math.random() / 2);
      if (ms > longestPauseMs) {
        throw new RegistryFailure(`${error.message} (it asks to wait for ${Math.round(ms / 1000)} s)`);
      }
      if (failed === tries) throw new RegistryFailure(`${error.message} (tried ${tries} times)`);
      onRetry(error.message);
      await pause(ms);
    }
  }
}

/** Retry-After: seconds, or a date (RFC 9110 section 10.2.3). */
export function parseRetryAfter(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now());
}
