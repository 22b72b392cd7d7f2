// Filter state and expressions over it.
import { Expression, filterState, LifeSpan, log, Path, property, ValueType } from "@proxy-wasm-kit/sdk";

export namespace state {
  export function declare(): bool {
    const first = filterState.declare("abi_typed", ValueType.String, LifeSpan.FilterChain);
    const again = filterState.declare("abi_typed", ValueType.String, LifeSpan.FilterChain);
    log.info(`declared ${first} ${again}`);
    return Expression.compile("1 +") === null;
  }

  export function use(): void {
    const key = "envoy.network.upstream_server_name";
    const unknown = filterState.setEnvoy("none", "a", LifeSpan.Request);
    log.info(
      `${property.set("abi_typed", "é")} ${filterState.setEnvoy(key, "a.example", LifeSpan.Request)} ${unknown}`,
    );
    const typed = property.text(Path.of("abi_typed"));
    const equal = Expression.compile("filter_state['wasm.abi_typed'] == 'é' && request.method == 'GET'")!;
    const value = equal.evaluate();
    const missing = Expression.compile("request.headers['x-none']")!.evaluate();
    equal.delete();
    log.info(`${typed === null ? "null" : typed} ${value !== null && value.bool()} ${missing === null}`);
    const headers = property.map(Path.of("request.headers"))!;
    while (headers.next()) if (headers.nameIs("x-a")) log.info("x-a is " + headers.value);
  }
}
