/** The guest did what ends the Envoy process. The host stops the test instead of pretending it went well. */
export class EnvoyCrash extends Error {
  override readonly name = "EnvoyCrash";
}
