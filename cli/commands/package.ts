/** `pwk package`: from a module to an image on this machine. */
import { writeLayout } from "@proxy-wasm-kit/registry";
import { Command } from "commander";
import {
  defaultLayout,
  describeImage,
  type ImageSummary,
  type PackagingOptions,
  packageFile,
  summaryOf,
  withPackagingOptions,
} from "../image.ts";
import { type OutputFormat, outputOption, print } from "../print.ts";

interface PackageOptions extends PackagingOptions {
  readonly out?: string;
  readonly output: OutputFormat;
}

interface Packaged extends ImageSummary {
  readonly image: string;
}

export const packageCommand = (): Command =>
  withPackagingOptions(
    new Command("package")
      .description("Make the image of a module, as Istio fetches it; the same bytes on every machine.")
      .argument("<module>", "a .wasm file"),
  )
    .option("--out <path>", "OCI image layout: a folder, or one file when it ends with .tar (default: <module>.image)")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  pwk package dist/hmac-auth.wasm --out image/
  pwk package dist/hmac-auth.wasm --out image.tar --image-version 1.0 --revision "$(git rev-parse HEAD)"
  pwk package dist/hmac-auth.wasm -o json | jq -r .digest`,
    )
    .action(async (module: string, { out, output, ...options }: PackageOptions) => {
      const image = await packageFile(module, options);
      const path = out ?? defaultLayout(module);
      await writeLayout(path, image);
      print(output, { image: path, ...(await summaryOf(image)) }, asText);
    });

const asText = (packaged: Packaged): string => `${packaged.image}  ${describeImage(packaged)}\n${packaged.digest}`;
