/** Programs that know hosts by names which nobody else knows. Linux, and as root: each has a mount namespace of its own. */
import { execFileSync } from "node:child_process";

type Command = readonly [string, ...string[]];

/** The command, with the file in the place of /etc/hosts. */
export const withHosts = (file: string, command: Command): Command => [
  ...(["unshare", "--mount", "sh", "-c"] as const),
  ...['mount --bind "$1" /etc/hosts && shift && exec "$@"', "sh", file, ...command],
];

/** What to do where that cannot be; undefined where it can. */
export function whyNoOwnHosts(): string | undefined {
  try {
    const [program, ...args] = withHosts("/etc/hosts", ["true"]);
    execFileSync(program, args, { stdio: "ignore" });
    return undefined;
  } catch {
    return "a program with an /etc/hosts of its own needs Linux, and root: run as root, with the right to mount";
  }
}
