/** `pwk push`: from a module, or from an image that was packaged before, to a registry. */
import { parseReference, pinned, push as pushImage } from "@proxy-wasm-kit/registry";
import { Command } from "commander";
import {
  describeImage,
  type ImageSummary,
  type PackagingOptions,
  readImage,
  summaryOf,
  withPackagingOptions,
} from "../image.ts";
import { type OutputFormat, outputOption, print } from "../print.ts";
import { showProgress } from "../transfer-progress.ts";

interface PushOptions extends PackagingOptions {
  readonly plainHttp?: true;
  readonly output: OutputFormat;
}

interface Pushed extends ImageSummary {
  /** With the digest, as manifests should have it. */
  readonly reference: string;
}

export const push = (): Command =>
  withPackagingOptions(
    new Command("push")
      .description("Send an image to a registry, with the credentials of docker login.")
      .argument("<reference>", "oci://host/repository:tag")
      .argument("<module>", "a .wasm file, or what pwk package made"),
  )
    .option("--plain-http", "speak HTTP without TLS to the registry")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
The last line of the output names the image by its digest: what belongs into a manifest.

Examples:
  pwk push oci://ghcr.io/me/hmac-auth:1.0 dist/hmac-auth.wasm --image-version 1.0
  pwk push oci://localhost:5000/filters/hmac-auth:dev image/ --plain-http`,
    )
    .action(async (text: string, path: string, { plainHttp, output, ...options }: PushOptions) => {
      const reference = parseReference(text);
      const image = await readImage(path, options);
      const summary = await summaryOf(image);
      await pushImage(reference, image, { plainHttp: plainHttp === true, onProgress: showProgress("pushed") });
      print(output, { reference: pinned(reference, image.digest), ...summary }, asText);
    });

const asText = (pushed: Pushed): string => `${describeImage(pushed)}\n${pushed.reference}`;
