/** What is waited for: one line that is rewritten on a terminal, else nothing. */
export interface Progress {
  readonly show: (line: string) => void;
  readonly end: () => void;
}

/** Of a terminal that does not say how wide it is. */
const defaultColumns = 80;

export function progressOn(stream: NodeJS.WriteStream = process.stderr): Progress {
  const clear = "\r\x1b[K";
  return {
    show: (line) =>
      void (stream.isTTY && stream.write(`${clear}${line.slice(0, (stream.columns || defaultColumns) - 1)}`)),
    end: () => void (stream.isTTY && stream.write(clear)),
  };
}
