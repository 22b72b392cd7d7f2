/** Writes the generated pages: `npm run docs:hmac-auth`. */
import { writeFile } from "node:fs/promises";
import { pages } from "./pages.ts";

for (const [path, text] of await pages()) await writeFile(path, text);
