/** A port of a pod on loopback, through `kubectl port-forward`. */
import type { ChildProcess } from "node:child_process";
import { Failure } from "../failure.ts";
import { explain, type Kubectl } from "./kubectl.ts";

export interface PortForward {
  /** For messages. */
  readonly title: string;
  readonly url: string;
  readonly close: () => void;
}

export interface ForwardedPort {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
  readonly limitMs: number;
}

/** Throws `Failure` when it does not stand within the limit. */
export async function forwardTo(kubectl: Kubectl, forwarded: ForwardedPort): Promise<PortForward> {
  const { namespace, pod, port } = forwarded;
  const child = kubectl.start([
    ...["port-forward", "--namespace", namespace, `pod/${pod}`, `:${port}`, "--address", "127.0.0.1"],
  ]);
  const close = () => void child.kill("SIGKILL");
  try {
    const local = await localPort(child, forwarded);
    return { title: `pod ${namespace}/${pod}`, url: `http://127.0.0.1:${local}`, close };
  } catch (error) {
    close();
    throw error;
  }
}

function localPort(child: ChildProcess, { namespace, pod, limitMs }: ForwardedPort): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Failure(`port-forward to pod ${namespace}/${pod}: ${why}; or give istiod's address with --istiod`));
    };
    const timer = setTimeout(() => fail(`nothing is forwarded after ${limitMs / 1000} s`), limitMs);
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (piece: Buffer) => {
      stdout += piece;
      const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(stdout)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    child.stderr?.on("data", (piece: Buffer) => {
      stderr += piece;
    });
    child.on("error", (error) => fail(error.message));
    child.on("close", () => fail(explain(stderr).message));
  });
}
