/** Properties a filter declares, and the filter state other filters of Envoy read. */
import { Status } from "../abi.ts";
import type { ByteString } from "../byte-string.ts";
import { bytesField, numberField, parseMessage, stringField } from "../protobuf.ts";
import type { Vm } from "../vm.ts";

const stringType = 1;

/**
 * `declare_property({name = 1, readonly = 2, type = 3, schema = 4, span = 5})`: what `proxy_set_property` makes of a name
 * from now on, when it is called on a root context. Streams of this host have a connection of their own: every life span
 * is the same.
 * Results: Ok; BadArgument (malformed; declared before).
 */
export function declareProperty(vm: Vm, values: Uint8Array): Status {
  const fields = parseMessage(values);
  const name = fields && stringField(fields, 1);
  const declared = vm.current?.declaredProperties;
  if (fields === null || name === null || declared === undefined || declared.has(name)) return Status.BadArgument;
  declared.set(name, { isReadOnly: numberField(fields, 2) !== 0, isString: numberField(fields, 3) === stringType });
  return Status.Ok;
}

const ipAddress = /^(\d{1,3}(\.\d{1,3}){3}|[\da-f]*:[\da-f:.]*:[\da-f:.]*)$/i;
const socketAddress = /^(\d{1,3}(\.\d{1,3}){3}|\[[\da-f:.]+\]):\d{1,5}$/i;
const anything = /^/;
const number = /^\d+$/;

/** What Envoy 1.39.3 knows, and the values each takes. */
const knownKeys = new Map<ByteString, RegExp>([
  ["envoy.filters.listener.original_dst.local_ip", socketAddress],
  ["envoy.filters.listener.original_dst.remote_ip", socketAddress],
  ["envoy.hashable_string", anything],
  ["envoy.network.application_protocols", anything],
  ["envoy.network.ip", ipAddress],
  ["envoy.network.network_namespace", anything],
  ["envoy.network.transport_socket.original_dst_address", socketAddress],
  ["envoy.network.upstream_server_name", anything],
  ["envoy.network.upstream_subject_alt_names", anything],
  ["envoy.ratelimit.hits_addend", number],
  ["envoy.string", anything],
  ["envoy.tcp_proxy.cluster", anything],
  ["envoy.tcp_proxy.disable_tunneling", anything],
  ["envoy.tcp_proxy.per_connection_idle_timeout_ms", number],
  ["envoy.upstream.dynamic_host", anything],
  ["envoy.upstream.dynamic_port", number],
]);

/**
 * `set_envoy_filter_state({path = 1, value = 2, span = 3})`. Nothing in this host acts on it.
 * Results: Ok; NotFound (unknown path; no stream); BadArgument (malformed; not a value of the path).
 */
export function setEnvoyFilterState(vm: Vm, values: Uint8Array): Status {
  const fields = parseMessage(values);
  const path = fields && stringField(fields, 1);
  const value = fields && stringField(fields, 2);
  if (fields === null || path === null || value === null) return Status.BadArgument;
  const known = knownKeys.get(path);
  if (known === undefined) return Status.NotFound;
  if (!known.test(value)) return Status.BadArgument;
  return vm.context.setFilterState(path, bytesField(fields, 2));
}
