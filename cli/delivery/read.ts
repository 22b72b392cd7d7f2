/** Reads a `pwk.yaml` strictly: what its schema does not know is refused, with its place. */
import type { DeliveryFile } from "@proxy-wasm-kit/deliver";
import { readYamlFile, type YamlFile } from "../configuration.ts";
import { Failure } from "../failure.ts";
import schema from "../pwk.schema.json" with { type: "json" };
import { placeOf } from "./places.ts";
import { problemsOf } from "./schema-problems.ts";

export interface ReadDelivery {
  readonly file: YamlFile;
  readonly delivery: DeliveryFile;
}

export async function readDelivery(path: string): Promise<ReadDelivery> {
  const file = await readYamlFile("--file", path);
  // Loaded when it is needed: other commands should not wait for it.
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const validate = new Ajv2020({ allErrors: true, verbose: true, strictTypes: false }).compile<DeliveryFile>(schema);
  const value = file.value;
  if (validate(value)) return { file, delivery: value };
  const problems = problemsOf(validate.errors ?? []);
  const lines = problems.map(({ path: at, text }) => `${placeOf(file, [at])}: ${at === "" ? "" : `${at}: `}${text}`);
  throw new Failure(lines.join("\n"));
}
