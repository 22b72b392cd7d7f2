/** What has changed on disk, told when it has come to rest. */
import type { FSWatcher } from "chokidar";

/** Editors write a file in several steps, and tools several files. */
const restMs = 50;

export class Changes {
  readonly #watcher: FSWatcher;
  readonly #changed = new Set<string>();
  #isAtRest: () => void = () => {};

  private constructor(watcher: FSWatcher) {
    this.#watcher = watcher;
    let timer: NodeJS.Timeout | undefined;
    watcher.on("all", (_event, path) => {
      this.#changed.add(path);
      clearTimeout(timer);
      timer = setTimeout(() => this.#isAtRest(), restMs);
    });
  }

  /** Resolves when every change from here on is seen. Paths need not be there yet. */
  static async of(paths: readonly string[]): Promise<Changes> {
    const { watch } = await import("chokidar");
    const watcher = watch([...paths], { ignoreInitial: true, ignored: /(^|[/\\])(node_modules|\.git)([/\\]|$)/ });
    await new Promise<void>((resolve) => watcher.once("ready", resolve));
    return new Changes(watcher);
  }

  add(paths: readonly string[]): void {
    this.#watcher.add([...paths]);
  }

  /** The paths that have changed since the last time; waits for the first one, and until nothing more changes. */
  async next(): Promise<readonly string[]> {
    if (this.#changed.size === 0) {
      await new Promise<void>((resolve) => {
        this.#isAtRest = resolve;
      });
    }
    const paths = [...this.#changed];
    this.#changed.clear();
    return paths;
  }

  close(): Promise<void> {
    return this.#watcher.close();
  }
}
