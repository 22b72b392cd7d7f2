/** Something that is wrong with an image, a reference or a registry, and that the user can mend. */
export class RegistryFailure extends Error {
  override readonly name = "RegistryFailure";
}
