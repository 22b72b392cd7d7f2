/** `pwk pull`: from a registry to a module, or to an image on this machine. */
import { moduleOf, parseReference, pinned, pull as pullImage, writeLayout } from "@proxy-wasm-kit/registry";
import { Command } from "commander";
import { describeImage, type ImageSummary, summaryOf } from "../image.ts";
import { type OutputFormat, outputOption, print } from "../print.ts";
import { showProgress } from "../transfer-progress.ts";
import { writeWhole } from "../write-whole.ts";

interface PullOptions {
  readonly out?: string;
  readonly plainHttp?: true;
  readonly output: OutputFormat;
}

interface Pulled extends ImageSummary {
  readonly file: string;
  readonly reference: string;
}

export const pull = (): Command =>
  new Command("pull")
    .description("Get a module from a registry, every part checked against its digest.")
    .argument("<reference>", "oci://host/repository:tag, or with @sha256:… a digest")
    .option(
      "--out <path>",
      "a .wasm file for the module; else an OCI image layout, one file when it ends with .tar\n(default: <last part of the repository>.wasm)",
    )
    .option("--plain-http", "speak HTTP without TLS to the registry")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  pwk pull oci://ghcr.io/me/hmac-auth:1.0
  pwk pull oci://ghcr.io/me/hmac-auth:1.0 --out image/`,
    )
    .action(async (text: string, { out, plainHttp, output }: PullOptions) => {
      const reference = parseReference(text);
      const image = await pullImage(reference, { plainHttp: plainHttp === true, onProgress: showProgress("pulled") });
      const summary = await summaryOf(image);
      const file = out ?? `${reference.repository.split("/").at(-1)}.wasm`;
      if (file.endsWith(".wasm")) await writeWhole("--out", file, await moduleOf(image));
      else await writeLayout(file, image);
      print(output, { file, reference: pinned(reference, image.digest), ...summary }, asText);
    });

const asText = (pulled: Pulled): string => `${pulled.file}  ${describeImage(pulled)}\n${pulled.reference}`;
