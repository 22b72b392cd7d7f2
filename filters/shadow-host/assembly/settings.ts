// What is done with mirrored requests: at the top of the configuration, or in one of its rules.
import { HostMap } from "./host-map";

export class HeaderLine {
  constructor(
    readonly name: string,
    readonly nameBytes: ArrayBuffer,
    readonly value: string,
  ) {}
}

export class Settings {
  map: HostMap = new HostMap([]);
  /** Requests whose host no mapping is for. */
  refusesUnmapped: bool = false;
  refusesUnsafeMethods: bool = false;
  removeHeaders: StaticArray<string> = [];
  /** Where they are there. */
  replaceHeaders: StaticArray<HeaderLine> = [];
}
