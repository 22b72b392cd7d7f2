// What a scheme of the grammar says: where the signature is, what was signed, with what. Filled by config/template.ts.
import { Algorithm } from "../algorithm";
import { Encoding } from "../encoding";
import { Line } from "../lines";
import { BodyField } from "./body-json";
import { SignatureList } from "./list";
import { Part } from "./text";
import { Unit } from "./timestamp";
import { QueryParameter, UrlText } from "./url";

/** What of the body is signed. */
export enum Coverage {
  None,
  Body,
  Form,
}

export class Template {
  readonly signatureName: string;

  constructor(readonly signature: Line) {
    this.signatureName = String.UTF8.decode(signature.name);
  }

  prefix: ArrayBuffer = new ArrayBuffer(0);
  list: SignatureList | null = null;
  encoding: Encoding = Encoding.Auto;
  algorithm: Algorithm = Algorithm.Sha256;

  /** The string to sign. */
  parts: Part | null = null;
  /** Behind the body. */
  tailParts: Part | null = null;
  coverage: Coverage = Coverage.Body;
  /** Whether the string to sign is exactly the body. */
  isBodyAlone: bool = true;
  /** A body that is not signed is refused. */
  validatesBody: bool = true;
  url: UrlText | null = null;
  bodyHash: QueryParameter | null = null;
  path: Line | null = null;
  contentType: Line | null = null;

  // The time: in a header of its own, in the list, or in the body.
  hasTime: bool = false;
  timestamp: Line | null = null;
  timestampName: string = "";
  bodyField: BodyField | null = null;
  unit: Unit = Unit.Seconds;
  toleranceMs: i64 = 300000;

  id: Line | null = null;
  idName: string = "";
  refusesEmptyBody: bool = true;
  /** In `mode: sign`: one element for each key. */
  signsWithAll: bool = false;
}
