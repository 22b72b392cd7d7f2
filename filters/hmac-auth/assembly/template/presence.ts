// Which of the headers that decide are there: all of them, and once.
import { Template } from "./template";
import { Part, PartKind } from "./text";

/** Whether a header has several lines that decides what is signed; the signature's own is looked at apart. */
export function hasDuplicates(template: Template): bool {
  const timestamp = template.timestamp;
  const id = template.id;
  const type = template.contentType;
  if (timestamp !== null && timestamp.count > 1) return true;
  if (id !== null && id.count > 1) return true;
  if (type !== null && type.count > 1) return true;
  return hasSeveral(template.parts) || hasSeveral(template.tailParts);
}

/** Whether a `{header:name}` is not there. */
export function lacksComponent(template: Template): bool {
  return lacks(template.parts) || lacks(template.tailParts);
}

function hasSeveral(part: Part | null): bool {
  while (part !== null) {
    if (part.kind == PartKind.Header && part.line!.count > 1) return true;
    part = part.next;
  }
  return false;
}

function lacks(part: Part | null): bool {
  while (part !== null) {
    if (part.kind == PartKind.Header && part.line!.count == 0) return true;
    part = part.next;
  }
  return false;
}
