/** The page's script: tells the story, or why it cannot, to the server that the page is from. */
import { story } from "./story.ts";

const tell = async (): Promise<unknown> => {
  const response = await fetch("/filter.wasm");
  return story(new Uint8Array(await response.arrayBuffer()));
};
const told = await tell().catch((error: unknown) => String(error));
await fetch("/told", { method: "POST", body: JSON.stringify(told) });
