// One condition: evaluated here when it is recognised, by the host otherwise.
import { Expression } from "@proxy-wasm-kit/sdk";
import { Facts } from "./facts";
import { Guard, guardOf } from "./guard";
import { Node } from "./nodes";
import { recognise } from "./parser";
import { Truth } from "./truth";

export class Condition {
  /** Null: the host does not take the text for an expression. */
  static compile(text: string, facts: Facts, isFast: bool): Condition | null {
    // The host's own too when it is recognised: it knows what is an expression, and answers what is not known here.
    const expression = Expression.compile(text);
    if (expression === null) return null;
    const condition = new Condition(expression);
    if (!isFast) return condition;
    const node = recognise(String.UTF8.encode(text), facts);
    condition.node = node;
    if (node !== null) condition.guard = guardOf(node, facts.urlPath);
    return condition;
  }

  private node: Node | null = null;
  /** What the path must be, if anything is known of that. */
  guard: Guard | null = null;

  private constructor(private expression: Expression) {}

  /** True, False or Error. */
  evaluate(): Truth {
    const node = this.node;
    const truth = node === null ? Truth.Unknown : node.evaluate();
    return truth == Truth.Unknown ? this.ask() : truth;
  }

  /** Anything but a boolean is an error, as an expression that yields text. */
  private ask(): Truth {
    const value = this.expression.evaluate();
    if (value === null || value.bytes.byteLength != 1) return Truth.Error;
    const byte = load<u8>(changetype<usize>(value.bytes));
    if (byte > 1) return Truth.Error;
    return byte == 1 ? Truth.True : Truth.False;
  }
}
