/** What is waited for: one line that is rewritten on a terminal, else nothing. */
export interface Progress {
  readonly show: (line: string) => void;
  readonly end: () => void;
}

export function progressOn(stream: NodeJS.WriteStream = process.stderr): Progress {
  const clear = "\r\x1b[K";
  return {
    show: (line) => void (stream.isTTY && stream.write(`${clear}${line.slice(0, Math.max(1, stream.columns - 1))}`)),
    end: () => void (stream.isTTY && stream.write(clear)),
  };
}
