/** What the host does with a filter, told in plain values: the same in Node and in a browser. */
import { Host, loadModule } from "@proxy-wasm-kit/host";

/** Of hmac-auth: a signed request, one that is not, and the first again after a reset. */
export async function story(bytes: Uint8Array): Promise<unknown[]> {
  const callbacks: unknown[] = [];
  const host = await Host.start({
    plugins: [
      {
        name: "hmac-auth",
        module: await loadModule(bytes),
        configuration: JSON.stringify({ signing_key: "It's a Secret to Everybody", signature_header: "x-signature" }),
        allowOnHeadersStopIteration: true,
      },
    ],
    upstream: async ({ method, path }) => ({ status: 200, body: `${method} ${path}` }),
    onCallback: ({ name, arguments: values, result }) => callbacks.push([name, values, result ?? null]),
  });
  // GitHub's own example of a signed webhook.
  const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  const answer = async (headers: readonly (readonly [string, string])[]) => {
    const head = { method: "POST", path: "/hook", authority: "example.com", headers };
    const { outcome, status, details, body } = await host.send(head, "Hello, World!");
    return { outcome, status, details, body: new TextDecoder().decode(body) };
  };
  const answers = [await answer([["x-signature", signature]]), await answer([])];
  await host.reset();
  answers.push(await answer([["x-signature", signature]]));
  const metrics = Array.from(host.metrics(), ([name, value]) => [name, Number(value)]);
  host.close();
  return [answers, metrics, callbacks];
}
