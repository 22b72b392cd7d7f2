/** Only the harness, for who checks manifests: the other programs are for tests. */
import { existsSync } from "node:fs";
import { buildOnce } from "./go-build/build.mjs";
import { buildFolder, filesIn, packages, sourceFolder } from "./location.mjs";

/** Its path, once it is there; null when it could not be built, which has been told on standard error. */
export async function buildHarness() {
  const { harness } = filesIn();
  if (existsSync(harness)) return harness;
  await buildOnce({
    script: "istio",
    what: "istiod's discovery code",
    duration: "about 6 minutes",
    sourceFolder,
    buildFolder,
    isBuilt: (folder) => existsSync(filesIn(folder).harness),
    packages: { "istio-harness": packages["istio-harness"] },
  });
  return existsSync(harness) ? harness : null;
}
