// Bundles the TypeScript of this repository into dist/ folders with esbuild; needs nothing built before.
import { build } from "esbuild";

const node = { bundle: true, platform: "node", format: "esm", target: "node20.19", packages: "external", logLevel: "warning" };

await Promise.all([
  build({ ...node, entryPoints: ["sdk/transform/index.ts"], outfile: "sdk/dist/transform.mjs" }),
]);
