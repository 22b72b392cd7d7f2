/** What `pwk serve` and `pwk dev` print while they run: lines for a person, or JSON Lines. */
import type { LogLine } from "@proxy-wasm-kit/testing";
import type { OutputFormat } from "../print.ts";
import type { Listener, ServedRequest } from "./engine.ts";

/** A line of `-o json` each. */
export type ServeEvent =
  | {
      readonly event: "serving";
      readonly url: string;
      readonly engine: string;
      readonly filters: readonly string[];
      /** Null: the one that answers with what it receives. */
      readonly upstream: string | null;
    }
  | ({ readonly event: "request" } & ServedRequest)
  | ({ readonly event: "log" } & LogLine)
  /** `ms` is the time from the change that was seen to the new filters taking requests; `buildMs` is 0 without a build. */
  | { readonly event: "reloaded"; readonly changed: readonly string[]; readonly buildMs: number; readonly ms: number }
  /** What was there before goes on, if there was anything. */
  | { readonly event: "failed"; readonly message: string };

export interface ReportOptions {
  readonly output: OutputFormat;
  /** All lines of the filters; otherwise only those from "warn" on. */
  readonly verbose: boolean;
}

export class Report implements Listener {
  readonly #options: ReportOptions;
  readonly #write: (text: string) => void;

  constructor(options: ReportOptions, write: (text: string) => void = (text) => process.stdout.write(text)) {
    this.#options = options;
    this.#write = write;
  }

  request(request: ServedRequest): void {
    this.tell({ event: "request", ...request });
  }

  log(line: LogLine): void {
    this.tell({ event: "log", ...line });
  }

  tell(event: ServeEvent): void {
    if (this.#options.output === "json") this.#write(`${JSON.stringify(event)}\n`);
    else for (const line of this.#text(event)) this.#write(`${line}\n`);
  }

  #text(event: ServeEvent): readonly string[] {
    if (event.event === "serving") {
      const { url, engine, filters, upstream } = event;
      const before = upstream ?? "an upstream that answers with what it receives";
      return [`${url} through ${filters.join(", ")} to ${before}, by ${engine}`];
    }
    if (event.event === "log") return this.#logs([event]);
    if (event.event === "failed") return [event.message];
    if (event.event === "reloaded") {
      const build = event.buildMs === 0 ? "" : ` (${event.buildMs} ms of it the build)`;
      return [`reloaded in ${event.ms} ms${build}: ${event.changed.join(", ")}`];
    }
    const { method, path, status, outcome, details, ms, logs, failures } = event;
    const end = outcome === "reset" ? "reset" : `${status} ${outcome}`;
    return [
      `${method} ${path} ${end} (${details ?? "no details"}) ${ms} ms`,
      ...failures.flatMap((text) => text.split("\n")).map((text) => `  ${text}`),
      ...this.#logs(logs).map((text) => `  ${text}`),
    ];
  }

  #logs(lines: readonly LogLine[]): readonly string[] {
    const shown = lines.filter(({ level }) => this.#options.verbose || !/^(trace|debug|info)$/.test(level));
    return shown.map(({ level, message }) => `${level} ${message}`);
  }
}
