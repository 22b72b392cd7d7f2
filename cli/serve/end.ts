/** How a command that runs until it is told to stop learns that. */

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Resolves at Ctrl-C, or when the process is told to end. Whoever waits has to end it: npm passes a terminal's Ctrl-C on to
 * a process that has had it already, so what comes again means nothing.
 */
export const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of signals) process.on(signal, () => resolve());
  });
