// Recognises conditions that can be evaluated here, with the result that the host's CEL would give: comparisons of known
// attributes with literals, `startsWith` and the like, `in` a list, `&&`, `||`, `!` and parentheses. Everything else is null.
import { Facts, HeaderText, Integer, IntegerLiteral, Operand, Text, TextLiteral } from "./facts";
import { Node, Test } from "./nodes";
import { Pattern } from "./pattern";
import { Token, Tokens } from "./tokens";
import { Truth } from "./truth";

const AND = 0x2626;
const OR = 0x7c7c;
const EQUAL = 0x3d3d;
const NOT_EQUAL = 0x3d21;
const LESS = 0x3c;
const LESS_OR_EQUAL = 0x3d3c;
const MORE = 0x3e;
const MORE_OR_EQUAL = 0x3d3e;

/** Larger ones are for the host: they must not fill the stack. */
const MAX_TERMS = 200;

/** The tree of a condition; null when it is one for the host. */
export function recognise(condition: ArrayBuffer, facts: Facts): Node | null {
  const parser = new Parser(condition, facts);
  const node = parser.alternatives();
  return parser.isAtEnd ? node : null;
}

class Parser {
  private tokens: Tokens;
  private terms: i32 = 0;

  constructor(
    condition: ArrayBuffer,
    private facts: Facts,
  ) {
    this.tokens = new Tokens(condition);
  }

  get isAtEnd(): bool {
    return this.tokens.kind == Token.End;
  }

  alternatives(): Node | null {
    let left = this.conjunction();
    while (left !== null && this.skip(OR)) {
      const right = this.conjunction();
      if (right === null) return null;
      left = logical(left, right, Truth.True);
    }
    return left;
  }

  private conjunction(): Node | null {
    let left = this.term();
    while (left !== null && this.skip(AND)) {
      const right = this.term();
      if (right === null) return null;
      left = logical(left, right, Truth.False);
    }
    return left;
  }

  private term(): Node | null {
    if (++this.terms > MAX_TERMS) return null;
    return this.skip(0x21) ? this.negation() : this.plain();
  }

  /** Behind "!", which binds more closely than a comparison: `!a == b` is no negated comparison. */
  private negation(): Node | null {
    const tokens = this.tokens;
    const isCall = tokens.kind == Token.Name && methodOf(tokens.name) != Test.Constant;
    if (!isCall && !tokens.isOperator(0x28) && !tokens.isOperator(0x21) && !isTruth(tokens)) return null;
    const inner = this.term();
    if (inner === null) return null;
    return not(inner);
  }

  private plain(): Node | null {
    const tokens = this.tokens;
    if (this.skip(0x28)) {
      const inner = this.alternatives();
      return inner !== null && this.skip(0x29) ? inner : null;
    }
    if (isTruth(tokens)) {
      const constant = new Node(Test.Constant);
      constant.truth = tokens.isName("true") ? Truth.True : Truth.False;
      tokens.next();
      return constant;
    }
    if (tokens.kind == Token.Name && methodOf(tokens.name) != Test.Constant) return this.call(tokens.name, null);
    const left = this.operand();
    if (left === null) return null;
    if (this.skip(0x2e)) return tokens.kind == Token.Name ? this.call("." + tokens.name, left) : null;
    if (tokens.isName("in")) return this.membership(left);
    return this.comparison(left);
  }

  /** `request.path.startsWith("/a")`, whose name ends in the method; or `.startsWith("/a")` behind `request.headers["x"]`. */
  private call(name: string, target: Operand | null): Node | null {
    const tokens = this.tokens;
    const test = methodOf(name);
    const dot = name.lastIndexOf(".");
    if (target === null) target = this.facts.attribute(name.substring(0, dot));
    else if (dot != 0) return null;
    tokens.next();
    if (!(target instanceof Text) || test == Test.Constant || !this.skip(0x28) || tokens.kind != Token.String)
      return null;
    const argument = tokens.text;
    tokens.next();
    if (!this.skip(0x29)) return null;
    const text = changetype<Text>(target);
    if (test != Test.Matches) return texts(test, text, new TextLiteral(argument));
    const pattern = Pattern.compile(argument);
    if (pattern === null) return null;
    const node = new Node(test);
    node.text = text;
    node.pattern = pattern;
    return node;
  }

  private membership(left: Operand): Node | null {
    const tokens = this.tokens;
    tokens.next();
    if (!this.skip(0x5b)) return null;
    let whole: Node | null = null;
    while (true) {
      const item = this.literal();
      if (item === null || ++this.terms > MAX_TERMS) return null;
      const one = equality(left, item);
      if (one === null) return null;
      if (whole === null) whole = one;
      else whole = logical(whole, one, Truth.True);
      if (!this.skip(0x2c)) break;
    }
    return this.skip(0x5d) ? whole : null;
  }

  private comparison(left: Operand): Node | null {
    const tokens = this.tokens;
    if (tokens.kind != Token.Operator) return null;
    const operator = tokens.operator;
    tokens.next();
    const right = this.operand();
    if (right === null) return null;
    // `a == b == c` compares a truth; what ends in a method is another thing too.
    if (operator == EQUAL) return equality(left, right);
    if (operator == NOT_EQUAL) {
      const equal = equality(left, right);
      if (equal === null) return null;
      return not(equal);
    }
    if (!(left instanceof Integer) || !(right instanceof Integer)) return null;
    const a = changetype<Integer>(left);
    const b = changetype<Integer>(right);
    if (operator == LESS) return integers(Test.Less, a, b);
    if (operator == LESS_OR_EQUAL) return integers(Test.LessOrEqual, a, b);
    if (operator == MORE) return integers(Test.Less, b, a);
    if (operator == MORE_OR_EQUAL) return integers(Test.LessOrEqual, b, a);
    return null;
  }

  private operand(): Operand | null {
    const tokens = this.tokens;
    if (tokens.kind != Token.Name) return this.literal();
    const name = tokens.name;
    tokens.next();
    if (tokens.isOperator(0x5b)) return this.header(name);
    return this.facts.attribute(name);
  }

  private literal(): Operand | null {
    const tokens = this.tokens;
    if (tokens.kind == Token.String) {
      const text = new TextLiteral(tokens.text);
      tokens.next();
      return text;
    }
    if (tokens.kind == Token.Integer) {
      const integer = new IntegerLiteral(tokens.integer);
      tokens.next();
      return integer;
    }
    return null;
  }

  /** `request.headers["name"]`. */
  private header(map: string): HeaderText | null {
    const tokens = this.tokens;
    tokens.next();
    if (tokens.kind != Token.String) return null;
    const name = lowerName(tokens.text);
    tokens.next();
    if (name === null || !this.skip(0x5d)) return null;
    // To Envoy "host" is another name of the authority.
    const isHost = String.UTF8.decode(name) == "host";
    if (map == "request.headers") return this.facts.request.watch(isHost ? String.UTF8.encode(":authority") : name);
    if (map == "response.headers") return this.facts.response.watch(name);
    return null;
  }

  private skip(operator: i32): bool {
    const isNext = this.tokens.isOperator(operator);
    if (isNext) this.tokens.next();
    return isNext;
  }
}

/** Values of different types are left to the host. */
function equality(left: Operand, right: Operand): Node | null {
  if (left instanceof Text && right instanceof Text) {
    return texts(Test.Equals, changetype<Text>(left), changetype<Text>(right));
  }
  if (left instanceof Integer && right instanceof Integer) {
    return integers(Test.IntegerEquals, changetype<Integer>(left), changetype<Integer>(right));
  }
  return null;
}

function logical(left: Node, right: Node, decider: Truth): Node {
  const node = new Node(Test.Logical);
  node.left = left;
  node.right = right;
  node.truth = decider;
  return node;
}

function not(inner: Node): Node {
  const node = new Node(Test.Not);
  node.left = inner;
  return node;
}

function texts(test: Test, text: Text, part: Text): Node {
  const node = new Node(test);
  node.text = text;
  node.part = part;
  return node;
}

function integers(test: Test, less: Integer, more: Integer): Node {
  const node = new Node(test);
  node.less = less;
  node.more = more;
  return node;
}

/** What the method at the end of a name tests; Constant when there is none. */
function methodOf(name: string): Test {
  if (name.endsWith(".startsWith")) return Test.StartsWith;
  if (name.endsWith(".endsWith")) return Test.EndsWith;
  if (name.endsWith(".contains")) return Test.Contains;
  return name.endsWith(".matches") ? Test.Matches : Test.Constant;
}

function isTruth(tokens: Tokens): bool {
  return tokens.isName("true") || tokens.isName("false");
}

/** In lower case; null when it is no name of a header, which the host has an answer for. */
function lowerName(text: ArrayBuffer): ArrayBuffer | null {
  const size = text.byteLength;
  if (size == 0) return null;
  const name = text.slice(0);
  for (let at = changetype<usize>(name), end = at + size; at < end; ++at) {
    const byte = <i32>load<u8>(at);
    const letter = byte | 0x20;
    const isLetter = letter >= 0x61 && letter <= 0x7a;
    if (!isLetter && byte != 0x2d && byte != 0x5f && byte != 0x3a && !(byte >= 0x30 && byte <= 0x39)) return null;
    if (isLetter) store<u8>(at, letter);
  }
  return name;
}
