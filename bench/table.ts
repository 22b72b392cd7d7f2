/** Tables as text: Markdown, with columns aligned. */

/** Every row has as many cells as the first, which is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], pad = " ") =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, pad)).join(" | ")} |`;
  return [
    line(head),
    line(
      head.map(() => ""),
      "-",
    ),
    ...rows.slice(1).map((row) => line(row)),
  ].join("\n");
}
