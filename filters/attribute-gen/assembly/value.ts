// Where an attribute's value comes from: written in the configuration, put together from parts of the path, or a CEL
// expression.
import { Expression, StringBuilder } from "@proxy-wasm-kit/sdk";
import { PathPattern } from "@proxy-wasm-kit/sdk/rules";
import { Facts } from "./condition/facts";

export abstract class ValueSource {
  /** Appends the value; false when it cannot be had now. */
  abstract append(to: StringBuilder, facts: Facts, path: PathPattern | null): bool;
}

export class Literal extends ValueSource {
  constructor(private text: ArrayBuffer) {
    super();
  }

  append(to: StringBuilder, facts: Facts, path: PathPattern | null): bool {
    to.appendBuffer(this.text);
    return true;
  }
}

export class ExpressionValue extends ValueSource {
  /** Null: the host does not take the text for an expression. */
  static compile(text: string): ExpressionValue | null {
    const alone = Expression.compile(text);
    if (alone === null) return null;
    alone.delete();
    // A number or a truth would come as bytes; the line break ends a comment.
    const expression = Expression.compile("string(" + text + "\n)");
    if (expression === null) return null;
    return new ExpressionValue(expression);
  }

  private constructor(private expression: Expression) {
    super();
  }

  append(to: StringBuilder, facts: Facts, path: PathPattern | null): bool {
    const value = this.expression.evaluate();
    if (value === null) return false;
    to.appendBuffer(value.bytes);
    return true;
  }
}

/** Literal text and what the path has in the place of `{name}`. */
export class Template extends ValueSource {
  private literals: string[] = [];
  /** One behind each literal but the last. */
  private names: string[] = [];

  /** Null when the braces do not pair. */
  static parse(text: string): Template | null {
    const template = new Template();
    let at = 0;
    for (let open = text.indexOf("{"); open >= 0; open = text.indexOf("{", at)) {
      const close = text.indexOf("}", open);
      if (close < 0 || text.substring(at, open).indexOf("}") >= 0) return null;
      template.literals.push(text.substring(at, open));
      template.names.push(text.substring(open + 1, close));
      at = close + 1;
    }
    if (text.indexOf("}", at) >= 0) return null;
    template.literals.push(text.substring(at));
    return template;
  }

  /** The first name that the path's template does not have; null when it has them all. */
  unknownName(path: ArrayBuffer): string | null {
    const template = String.UTF8.decode(path);
    for (let i = 0; i < this.names.length; ++i) {
      const name = unchecked(this.names[i]);
      // "{rest...}" stands in the path's template; its name is "rest".
      if (name.length == 0 || name.indexOf(".") >= 0) return name;
      if (template.indexOf("{" + name + "}") < 0 && template.indexOf("{" + name + "...}") < 0) return name;
    }
    return null;
  }

  append(to: StringBuilder, facts: Facts, path: PathPattern | null): bool {
    const count = this.names.length;
    const target = facts.urlPath;
    for (let i = 0; i < count; ++i) {
      to.append(unchecked(this.literals[i]));
      if (path !== null && path.find(unchecked(this.names[i]), target.ptr, target.size)) {
        to.appendBytes(path.foundPtr, path.foundSize);
      }
    }
    to.append(unchecked(this.literals[count]));
    return true;
  }
}
