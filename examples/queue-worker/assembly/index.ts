// Work that no request should wait for: the filter (root ID "queue-filter") puts a line about each response into a shared
// queue, and a singleton service (root ID "queue-service") on the main thread takes them out and sends them on in batches.
// Both are this module, with the same `vm_id`.
import { registerRootContext } from "@proxy-wasm-kit/sdk";
import { FilterRoot } from "./filter";
import { ServiceRoot } from "./service";

registerRootContext((id) => new FilterRoot(id), "queue-filter");
registerRootContext((id) => new ServiceRoot(id), "queue-service");
