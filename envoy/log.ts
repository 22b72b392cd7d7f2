/**
 * Envoy's standard error as records. Messages may hold newlines (filters log what they like), so records are framed
 * with ASCII separators: RS level US thread US logger US message GS LF. Access log lines are written in the same frame.
 * A message may hold any of the separators; only GS and LF next to each other would end it early.
 */

/** One line of Envoy's log; `logger` is "access" for access logs and "" for text outside of any record. */
export interface LogRecord {
  readonly level: EnvoyLogLevel;
  /** Id of the thread that wrote it; "" where that is not told. */
  readonly thread: string;
  readonly logger: string;
  readonly message: string;
}

export const envoyLogLevels = ["trace", "debug", "info", "warning", "error", "critical"] as const;
export type EnvoyLogLevel = (typeof envoyLogLevels)[number];

const start = "\x1e";
const field = "\x1f";
const end = "\x1d";
/** Envoy itself adds the newline to each line of its log, though not to those of access logs. */
const endOfRecord = `${end}\n`;

/** For `--log-format`: level, thread, logger, message. */
export const logFormat = `${start}%l${field}%t${field}%n${field}%v${end}`;

/** A text format for an access log whose lines become records of the logger "access". */
export const accessLogFormat = (operators: readonly string[]): string =>
  `${start}info${field}${field}access${field}${operators.join(field)}${endOfRecord}`;

/** The values of an access log record, as many as its format has operators; "-" is Envoy's for absent. */
export const accessLogValues = (record: LogRecord): string[] => record.message.split(field);

/** Cuts a byte stream into records, however the stream is cut into chunks. */
export class RecordReader {
  readonly #decoder = new TextDecoder();
  readonly #onRecord: (record: LogRecord) => void;
  #rest = "";

  constructor(onRecord: (record: LogRecord) => void) {
    this.#onRecord = onRecord;
  }

  push(chunk: Uint8Array): void {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    for (let at = this.#rest.indexOf(start); at >= 0; at = this.#rest.indexOf(start)) {
      const stop = this.#rest.indexOf(endOfRecord, at);
      if (stop < 0) return;
      this.#outside(this.#rest.slice(0, at));
      this.#onRecord(recordOf(this.#rest.slice(at + 1, stop)));
      this.#rest = this.#rest.slice(stop + endOfRecord.length);
    }
  }

  /** No more chunks: what is left is text outside of records, such as the last words of a crash. */
  finish(): void {
    this.#outside(this.#rest);
    this.#rest = "";
  }

  #outside(text: string): void {
    const message = text.replaceAll(/^\n+|\n+$/g, "");
    if (message !== "") this.#onRecord({ level: "error", thread: "", logger: "", message });
  }
}

function recordOf(text: string): LogRecord {
  const [level = "", thread = "", logger = "", ...message] = text.split(field);
  return {
    level: envoyLogLevels.find((known) => known === level) ?? "error",
    thread,
    logger,
    message: message.join(field),
  };
}
