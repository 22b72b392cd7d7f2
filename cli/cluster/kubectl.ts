/** The user's own kubectl, and what it says in plain words. Nothing else here starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { Failure } from "../failure.ts";

export interface KubectlOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  /** Of one call, in ms. */
  readonly limitMs: number;
  /** Never repeated, whatever kubectl says. */
  readonly secrets?: readonly string[];
  /** Ends what runs, and lets nothing begin. */
  readonly stop?: AbortSignal;
}

/** "refused": the server has answered. "unanswered": whether it has done something is not known. "local": it was not asked. */
export type FailureKind = "refused" | "unanswered" | "local";

export class KubectlFailure extends Failure {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface KubectlResult {
  readonly stdout: string;
  /** What the server warns of, without "Warning: ". */
  readonly warnings: readonly string[];
}

export class Kubectl {
  readonly #options: KubectlOptions;

  constructor(options: KubectlOptions) {
    this.#options = options;
  }

  /** Of one call. */
  get limitMs(): number {
    return this.#options.limitMs;
  }

  /**
   * Throws `KubectlFailure`, after the limit at the latest, or when it is told to stop. `what` is for that: "reading EnvoyFilter prod/a". `successes` are
   * the exit codes that are none.
   */
  async run(
    what: string,
    args: readonly string[],
    input = "",
    successes: readonly number[] = [0],
  ): Promise<KubectlResult> {
    const { limitMs, secrets = [], stop } = this.#options;
    if (stop?.aborted) throw new KubectlFailure("local", `${what}: stopped`);
    const child = this.#spawn([...args, `--request-timeout=${limitMs}ms`]);
    const output = collect(child);
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    const end = await endOf(child, limitMs, stop);
    const { stdout, stderr } = output();
    const [warnings, words] = partition(secrets.reduce((text, secret) => text.replaceAll(secret, "***"), stderr));
    if (typeof end === "number" && successes.includes(end)) return { stdout, warnings };
    const why = typeof end === "number" ? explain(words) : ({ kind: "unanswered", message: end } as const);
    throw new KubectlFailure(why.kind, `${what}: ${why.message}`);
  }

  /** A process that goes on until it is killed, and at the latest ends with this one. */
  start(args: readonly string[]): ChildProcess {
    const child = this.#spawn(args);
    const { stop } = this.#options;
    const end = () => child.kill("SIGKILL");
    process.once("exit", end);
    stop?.addEventListener("abort", end);
    child.once("close", () => {
      process.removeListener("exit", end);
      stop?.removeEventListener("abort", end);
    });
    return child;
  }

  #spawn(args: readonly string[]): ChildProcess {
    const { context, kubeconfig } = this.#options;
    const where = [
      ...(context === undefined ? [] : ["--context", context]),
      ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
    ];
    return spawn("kubectl", [...where, ...args], { stdio: "pipe" });
  }
}

function collect(child: ChildProcess): () => { readonly stdout: string; readonly stderr: string } {
  const pieces = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout?.on("data", (piece: Buffer) => pieces.stdout.push(piece));
  child.stderr?.on("data", (piece: Buffer) => pieces.stderr.push(piece));
  return () => ({ stdout: `${Buffer.concat(pieces.stdout)}`, stderr: `${Buffer.concat(pieces.stderr)}` });
}

/**
 * Its exit code, or why it has none. A program that it has started may keep its output open: that is not waited for when the
 * time is up.
 */
function endOf(child: ChildProcess, limitMs: number, stop?: AbortSignal): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const end = (why: string) => {
      child.kill("SIGKILL");
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(why);
    };
    // kubectl's own limit comes first where it holds.
    const timer = setTimeout(() => end(noAnswer(limitMs)), limitMs + graceMs);
    const onStop = () => end(stopped);
    stop?.addEventListener("abort", onStop);
    const isOver = () => {
      clearTimeout(timer);
      stop?.removeEventListener("abort", onStop);
    };
    child.on("error", (error: NodeJS.ErrnoException) => {
      isOver();
      reject(new KubectlFailure("local", startWords(error)));
    });
    child.on("close", (code, signal) => {
      isOver();
      // A terminal's Ctrl-C ends kubectl before us.
      resolve(code ?? (signal === "SIGINT" ? stopped : `kubectl was ended by ${signal}`));
    });
  });
}

const stopped = "stopped before there was an answer";

const graceMs = 500;

const startWords = ({ code, message }: NodeJS.ErrnoException) =>
  code === "ENOENT"
    ? "kubectl is not here: install it (https://kubernetes.io/docs/tasks/tools), or put its folder on PATH"
    : `kubectl cannot be started: ${message}`;

const noAnswer = (limitMs: number) =>
  `the API server has not answered within ${limitMs / 1000} s; see kubectl cluster-info, or give --request-timeout`;

/** klog's lines repeat what comes after them, and of several objects kubectl says the same. */
function partition(stderr: string): [warnings: readonly string[], words: string] {
  const all = stderr.split("\n").filter((line) => line.trim() !== "" && !/^[EWI]\d{4} /.test(line));
  const lines = [...new Set(all)];
  const isWarning = (line: string) => line.startsWith("Warning: ");
  const warnings = lines.filter(isWarning).map((line) => line.slice("Warning: ".length));
  return [warnings, lines.filter((line) => !isWarning(line)).join("\n")];
}

interface Explanation {
  readonly kind: FailureKind;
  readonly message: string;
}

/** What kubectl says when it fails, and what to do about it. */
export function explain(words: string): Explanation {
  const known = explanations.find(({ pattern }) => pattern.test(words));
  if (known === undefined) return { kind: "refused", message: plain(words) || "kubectl has failed without a word" };
  const found = known.pattern.exec(words) as RegExpExecArray;
  return { kind: known.kind, message: known.message(found, plain(words)) };
}

const plain = (words: string) =>
  words
    .trim()
    .replace(/^error: /i, "")
    .replace(/^Error from server( \([A-Za-z]+\))?: /, "")
    .replace(/error when (creating|patching|applying patch|retrieving current configuration of:?) "STDIN": /g, "");

const explanations: readonly {
  readonly pattern: RegExp;
  readonly kind: FailureKind;
  readonly message: (found: RegExpExecArray, words: string) => string;
}[] = [
  {
    pattern:
      /context "?([^"\s]*)"? does not exist|no context exists with the name: "([^"]*)"|not found for specified context: (.*)/,
    kind: "local",
    message: ([, a, b, c]) =>
      `kubectl knows no context ${JSON.stringify(a ?? b ?? c)}; kubectl config get-contexts lists them`,
  },
  {
    pattern: /server localhost:8080 was refused|Missing or incomplete configuration info|current-context/i,
    kind: "local",
    message: () => "kubectl knows no cluster; give --context or --kubeconfig, or set one: kubectl config use-context",
  },
  {
    pattern: /error loading config file|stat .*: no such file or directory|invalid configuration: /,
    kind: "local",
    message: (_, words) => `kubectl cannot read its configuration: ${words}`,
  },
  {
    // It comes before the object itself.
    pattern: /failed to download openapi: (?:.*?: )?((?:dial|read|EOF|unexpected)[^;\n]*)/,
    kind: "local",
    message: ([, why]) => `the API server cannot be reached: ${why}`,
  },
  {
    pattern: /failed calling webhook "([^"]+)": (?:failed to call webhook: )?([^\n]*)/,
    kind: "refused",
    message: ([, name, why]) =>
      `the API server takes nothing without its webhook ${name}, which does not answer${name?.endsWith("istio.io") ? "; does istiod run?" : ":"} ${why}`,
  },
  {
    pattern: /in namespace (\S+) because it is being terminated/,
    kind: "refused",
    message: ([, name]) => `namespace ${name} is being deleted`,
  },
  {
    pattern: /\(Forbidden\)|is forbidden: /,
    kind: "refused",
    message: (_, words) => `you have no right to do this: ${words}`,
  },
  {
    pattern: /\(Unauthorized\)|must be logged in|getting credentials: /,
    kind: "refused",
    message: (_, words) => `the cluster does not know you, log in again: ${words}`,
  },
  {
    pattern: /timed out waiting for the condition/,
    kind: "unanswered",
    message: () => "it is being deleted, and something holds it: see its metadata.finalizers",
  },
  {
    pattern: /deadline exceeded|Client\.Timeout|i\/o timeout|request timed out|\(Timeout\)|TLS handshake timeout/i,
    kind: "unanswered",
    message: (_, words) => `the API server has not answered in time: ${words}`,
  },
  {
    pattern:
      /connection refused|was refused|no such host|Unable to connect|connection reset|network is unreachable|EOF|connection lost|broken pipe|GOAWAY|stream error|\(ServiceUnavailable\)|unable to handle the request|rpc error/,
    kind: "unanswered",
    message: (_, words) => `the API server cannot be reached: ${words}`,
  },
  {
    pattern: /namespaces "([^"]+)" not found/,
    kind: "refused",
    message: ([, name]) => `there is no namespace ${name}; make it first: kubectl create namespace ${name}`,
  },
  {
    pattern: /no matches for kind "([^"]+)" in version "([^"]+)"|doesn't have a resource type/,
    kind: "refused",
    message: ([, kind, version], words) =>
      kind === undefined ? words : `the cluster has no ${kind} of ${version}; is what brings it installed?`,
  },
  {
    pattern: /Apply failed with \d+ conflicts?: ([\s\S]*)/,
    kind: "refused",
    message: ([, conflicts = ""]) => conflictWords(conflicts),
  },
];

/** Each line: `conflict with "manager" using version: .field`, or several fields with dashes below. */
function conflictWords(text: string): string {
  const managers = [...new Set([...text.matchAll(/conflicts? with "([^"]+)"/g)].map(([, name]) => name))];
  const fields = [...new Set(text.match(/(?<=\s)\.[a-z][^\s]*/gi) ?? [])];
  return `${managers.join(", ")} has set ${fields.join(", ") || "fields"} otherwise; --force-conflicts takes them over`;
}
