import { expect, test } from "vitest";
import { Status } from "../abi.ts";
import { HeaderMap } from "../header-map.ts";
import { LoadError, loadModule } from "../module.ts";
import { assemble, mirror, mirrorText } from "../test/mirror.ts";

const signatures = {
  proxy_get_configuration: "ii:i",
  proxy_continue_request: ":i",
  proxy_continue_response: ":i",
  proxy_clear_route_cache: ":i",
};
const abiVersion = "0.1.0";

test("the configuration can be read at any time", async () => {
  const { call, at, u32 } = await mirror(signatures, { abiVersion });
  expect(call("proxy_get_configuration", 32, 40)).toBe(Status.Ok);
  expect(at(u32(32), u32(40))).toBe("plugin configuration");
});

test("streams go on, and routes are cleared, without a type", async () => {
  const { call } = await mirror(signatures, { abiVersion });
  for (const name of ["proxy_continue_request", "proxy_continue_response", "proxy_clear_route_cache"]) {
    expect(call(name)).toBe(Status.Ok);
  }
});

test("a missing header is an empty one", async () => {
  const { call, put, u32, root } = await mirror({ proxy_get_header_map_value: "iiiii:i" }, { abiVersion });
  root.callResponse = { headers: new HeaderMap("response", []), body: new Uint8Array(), trailers: null };
  put(8, "x-none");
  expect(call("proxy_get_header_map_value", 6, 8, 6, 32, 40)).toBe(Status.Ok);
  expect([u32(32), u32(40)]).toEqual([0, 0]);
});

test.each(Object.entries(signatures))("later ABIs have no %s", async (name, signature) => {
  await expect(loadModule(assemble(mirrorText({ [name]: signature })))).rejects.toThrow(LoadError);
});
