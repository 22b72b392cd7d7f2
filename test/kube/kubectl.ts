/** The real kubectl, with the bench's cluster as its only one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname } from "node:path";
import { text } from "node:stream/consumers";
import { toYaml } from "@proxy-wasm-kit/deliver";
import { filesIn } from "./location.mjs";

export interface KubectlResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Warnings of the server are here too. */
  readonly stderr: string;
}

export class Kubectl {
  readonly binary = filesIn().kubectl;
  /** What makes any program's kubectl this one. */
  readonly environment: Readonly<Record<"KUBECONFIG" | "KUBECACHEDIR" | "PATH", string>>;

  constructor(kubeconfig: string, cacheFolder: string) {
    const PATH = [dirname(this.binary), process.env.PATH].join(delimiter);
    this.environment = { KUBECONFIG: kubeconfig, KUBECACHEDIR: cacheFolder, PATH };
  }

  /** Resolves with how it ended, also when that is a failure. */
  async try(args: readonly string[], input = ""): Promise<KubectlResult> {
    const child = spawn(this.binary, args, { env: { ...process.env, ...this.environment }, stdio: "pipe" });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const closed = once(child, "close");
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = await closed;
    return { code, stdout, stderr };
  }

  /** Resolves with its output. Throws with its words when it fails. */
  async run(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.try(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} failed:\n${stderr}`);
    return stdout;
  }

  async apply(...objects: readonly object[]): Promise<void> {
    await this.run(["apply", "--filename", "-"], toYaml(objects));
  }

  async delete(...objects: readonly object[]): Promise<void> {
    await this.run(["delete", "--filename", "-"], toYaml(objects));
  }

  /** What the server would make of them; nothing is changed. */
  async dryRun(...objects: readonly object[]): Promise<KubectlResult> {
    return this.try(["apply", "--dry-run=server", "--filename", "-"], toYaml(objects));
  }
}
