// Every form a statement can have. The test reads how often each line marked with a number must have run.
import { FilterHeadersStatus, HttpContext, RootContext, registerRootContext } from "@proxy-wasm-kit/sdk";

class Shapes extends HttpContext {
  sum: i32 = 0;

  constructor(id: u32, start: i32) {
    super(id); // 2
    this.sum = start; // 2
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    for (let i = 0; i < 3; i++) this.sum += i; // 6
    if (this.request.headers.get("x-never") != null) {
      return FilterHeadersStatus.StopIteration; // 0
    }
    let left = 2; // 2
    while (left > 0) {
      if (left == 1) {
        left = 0; // 2
      } else left -= 1; // 2
    }
    switch (this.sum) {
      case 13:
        this.sum = twice(this.sum, (value) => value * 2); // 2
        break; // 2
      default:
        this.sum = 0; // 0
    }
    this.response.headers.set("x-sum", this.sum.toString()); // 2
    return FilterHeadersStatus.Continue; // 2
  }
}

function twice(value: i32, by: (value: i32) => i32): i32 {
  return by(by(value)); // 2
}

class Root extends RootContext {
  createHttpContext(id: u32): HttpContext {
    return new Shapes(id, 10); // 2
  }
}

registerRootContext((id) => new Root(id));
