/** The configuration of attribute-gen that gives each operation of an API its own value. */
import { Failure } from "../failure.ts";
import { type Node, placeOf, wrong } from "./document.ts";
import { type Operation, operationsOf } from "./operations.ts";
import { PathTemplate } from "./path-template.ts";

export interface AttributeOptions {
  readonly attribute: string;
  readonly phase: string;
  /** Instead of the paths of the servers. */
  readonly basePaths?: readonly string[];
  /** Of requests that are no operation. Default: none, the attribute is not set. */
  readonly otherwise?: string;
}

/** One row of the table: one operation on one path. */
interface Row {
  readonly operation: Operation;
  readonly template: PathTemplate;
}

/** Throws a `Failure`. */
export function attributeConfiguration(document: Node, options: AttributeOptions): object {
  const { attribute, phase, basePaths, otherwise } = options;
  const rows = operationsOf(document, basePaths).flatMap((operation) =>
    operation.paths.map((path) => ({ operation, template: parse(path, operation) })),
  );
  checkRows(rows);
  // A sort that is stable: what is equally specific stays as the file has it.
  const match = rows
    .toSorted((left, right) => left.template.compare(right.template))
    .map(({ operation: { method, id }, template }) => ({ ...template.match(), methods: [method], value: id }));
  return {
    attributes: [{ output_attribute: attribute, phase, match, ...(otherwise !== undefined && { default: otherwise }) }],
  };
}

function parse(path: string, { node }: Operation): PathTemplate {
  const template = PathTemplate.parse(path);
  if (template === null) {
    throw wrong(node, "parameters such as {id}, of letters, digits, _, - and .", `the path ${JSON.stringify(path)}`);
  }
  return template;
}

/** Two operations of a method on paths that only differ in names: which one is meant, nobody can say. */
function checkRows(rows: readonly Row[]): void {
  const known = new Map<string, Operation>();
  for (const { operation, template } of rows) {
    const key = `${operation.method} ${template.shape}`;
    const other = known.get(key);
    if (other !== undefined)
      throw new Failure(
        `${placeOf(operation.node)}: expected a path and method of its own, found ${key}, which ${other.node.pointer} has too; take one of them away, or tell the path with --base-path`,
      );
    known.set(key, operation);
  }
}
