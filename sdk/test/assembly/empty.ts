// A filter that overrides nothing.
import { RootContext, registerRootContext } from "@proxy-wasm-kit/sdk";

class Empty extends RootContext {}

registerRootContext((id) => new Empty(id));
