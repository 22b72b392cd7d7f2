/** Questions to a person at a terminal. */
import { createInterface } from "node:readline";
import { isTemplate, type Template, templates } from "./templates.ts";

/** Asks until there is an answer; an empty one is the first template. Null when the input ends. */
export async function askTemplate(
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<Template | null> {
  const names = Object.keys(templates);
  const width = Math.max(...names.map((name) => name.length));
  for (const [name, description] of Object.entries(templates))
    output.write(`  ${name.padEnd(width)}  ${description}\n`);
  const lines = createInterface({ input, output, prompt: "Template [http]: " });
  lines.prompt();
  try {
    for await (const line of lines) {
      const name = line.trim() || "http";
      if (isTemplate(name)) return name;
      output.write(`expected one of ${names.join(", ")}, found ${name}\n`);
      lines.prompt();
    }
    return null;
  } finally {
    lines.close();
  }
}
