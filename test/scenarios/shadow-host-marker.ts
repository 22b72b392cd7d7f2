/** shadow-host where a header says what is mirrored, not the suffix. */
import type { HeaderLine } from "@proxy-wasm-kit/testing";
import type { RequestScenario } from "../scenario.ts";
import { Proxied } from "./shadow-host-set-up.ts";

const marked = new Proxied({
  marker: { name: "X-Mirrored-By", value: "edge" },
  exceptions: ["reports-shadow"],
  shadow_header: { name: "x-is-mirror", value: "yes, it is" },
  remove_headers: ["cookie", "x-mirrored-by"],
});
const mark: HeaderLine = ["x-mirrored-by", "edge"];

export const shadowHostMarker: readonly RequestScenario[] = [
  marked.becomes("a marked request gets its host back", { authority: "a-shadow", headers: [mark] }, { authority: "a" }),
  marked.leaves("an unmarked one keeps a host that ends so", { authority: "a-shadow:80" }),
  marked.leaves("another value is no mark", { authority: "a-shadow", headers: [["x-mirrored-by", "edges"]] }),
  marked.leaves("nor is an empty one", { authority: "a-shadow", headers: [["x-mirrored-by", ""]] }),
  marked.becomes(
    "any line of the header is a mark",
    { authority: "a-shadow", headers: [["x-mirrored-by", "other"], mark] },
    { authority: "a" },
  ),
  marked.leaves(
    "mirrored without a suffix, the host stays and the rest is done",
    { authority: "a", headers: [mark, ["cookie", "a=1"]] },
    { headers: [["x-is-mirror", "yes, it is"]], withoutHeaders: ["cookie", "x-mirrored-by"] },
    ["mirrored"],
  ),
  marked.leaves(
    "a host that ends so by right stays, marked too",
    { authority: "reports-shadow", headers: [mark] },
    { headers: [["x-is-mirror", "yes, it is"]] },
    ["mirrored"],
  ),
  marked.leaves(
    "an unmarked one keeps its headers, but for what only the filter may say",
    {
      headers: [
        ["cookie", "a=1"],
        ["x-is-mirror", "yes, it is"],
      ],
    },
    { headers: [["cookie", "a=1"]], withoutHeaders: ["x-is-mirror"] },
  ),
  new Proxied({ marker: { name: "x-mirrored-by" }, strip_suffix: false, shadow_header: {} }).leaves(
    "of a mirror without the suffix no host is touched",
    { authority: "reports-shadow", headers: [mark] },
    { headers: [["x-shadow", "true"]] },
    ["mirrored"],
  ),
  new Proxied({ marker: { name: "x-mirrored-by" } }).becomes(
    "without a value, any marks",
    { authority: "a-shadow", headers: [["x-mirrored-by", ""]] },
    { authority: "a", headers: [["x-mirrored-by", ""]] },
  ),
];
