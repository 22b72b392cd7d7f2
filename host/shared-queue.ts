/** Queues between VMs. Source: proxy-wasm-cpp-host src/shared_queue.cc. */
import type { ByteString } from "./byte-string.ts";

interface Queue {
  readonly items: Uint8Array[];
  /** Told once for each item, after the current work is done. */
  notify: () => void;
}

export class SharedQueues {
  readonly #tokens = new Map<string, number>();
  readonly #queues = new Map<number, Queue>();

  /** The token of a queue, made when new; from now on `notify` is told of its items, and nobody else. */
  register(vmId: ByteString, name: ByteString, notify: (token: number) => void): number {
    const token = this.resolve(vmId, name) ?? this.#tokens.size + 1;
    this.#tokens.set(key(vmId, name), token);
    const items = this.#queues.get(token)?.items ?? [];
    this.#queues.set(token, { items, notify: () => notify(token) });
    return token;
  }

  resolve(vmId: ByteString, name: ByteString): number | null {
    return this.#tokens.get(key(vmId, name)) ?? null;
  }

  /** False for an unknown token. */
  enqueue(token: number, item: Uint8Array): boolean {
    const queue = this.#queues.get(token);
    if (queue === undefined) return false;
    queue.items.push(item);
    const { notify } = queue;
    queueMicrotask(notify);
    return true;
  }

  /** The oldest item; "empty" or "unknown" without one. */
  dequeue(token: number): Uint8Array | "empty" | "unknown" {
    const queue = this.#queues.get(token);
    return queue === undefined ? "unknown" : (queue.items.shift() ?? "empty");
  }
}

const key = (vmId: ByteString, name: ByteString) => JSON.stringify([vmId, name]);
