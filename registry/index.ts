export {
  type Credentials,
  type DockerConfig,
  dockerConfigFile,
  dockerCredentials,
  readDockerConfig,
  type Secret,
} from "./credentials.ts";
export { digestOf } from "./digest.ts";
export { RegistryFailure } from "./failure.ts";
export { annotationsOf, type Descriptor, type Image, type Manifest, mediaTypes, readManifest } from "./image.ts";
export { isTar, readLayout, writeLayout } from "./layout.ts";
export { moduleOf } from "./module.ts";
export { type Packaging, packageModule, type Variant, variants } from "./package.ts";
export { parseReference, pinned, type Reference } from "./reference.ts";
export { type Progress, pull, push, type TransferOptions } from "./transfer.ts";
