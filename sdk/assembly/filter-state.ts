// Filter state: what filters of one stream tell each other, access logs and the router.
import { Status } from "./abi";
import { callForeignFunction } from "./foreign";
import { ProtobufWriter } from "./protobuf";

/** How a property that filters set is read by others. Source: envoy foreign.proto, `WasmType`. */
export enum ValueType {
  Bytes = 0,
  /** A string to CEL and access logs. */
  String = 1,
}

/** How long it lives. Source: envoy foreign.proto, `LifeSpan`. */
export enum LifeSpan {
  /** One request. */
  FilterChain = 0,
  /** One request, internal redirects included. */
  Request = 1,
  Connection = 2,
}

export namespace filterState {
  /**
   * Says what type of property `name` is and how long it lives, before `property.set` sets it. Only in `onConfigure`: in a
   * stream Envoy answers Ok and changes nothing. BadArgument: it is declared already.
   */
  export function declare(name: string, type: ValueType, span: LifeSpan): Status {
    const message = new ProtobufWriter().text(1, name).number(3, type).number(5, span);
    return callForeignFunction("declare_property", message.toBuffer()).status;
  }

  /**
   * Sets a filter state of Envoy's own, such as "envoy.network.upstream_server_name". NotFound: Envoy has none of this key,
   * or there is no stream. BadArgument: it refuses the value.
   */
  export function setEnvoy(key: string, value: string, span: LifeSpan): Status {
    const message = new ProtobufWriter().text(1, key).text(2, value).number(3, span);
    return callForeignFunction("set_envoy_filter_state", message.toBuffer()).status;
  }
}
