// A queue in the filter's own VM.
import { log, SharedQueue } from "@proxy-wasm-kit/sdk";

let own: SharedQueue | null = null;

export namespace queue {
  export function register(): void {
    own = SharedQueue.register("abi");
  }

  export function put(): void {
    const known = SharedQueue.resolve("", "abi")!;
    const none = SharedQueue.resolve("nobody", "abi") === null;
    log.info(`put ${known.enqueue(String.UTF8.encode("item"))} ${none} ${known.token == own!.token}`);
  }

  export function drain(token: u32): void {
    const known = new SharedQueue(token);
    const item = known.dequeue();
    log.info(`took ${item === null ? "null" : String.UTF8.decode(item)} ${known.dequeue() === null}`);
  }
}
