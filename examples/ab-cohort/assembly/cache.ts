// Cohorts by user, in shared data. Its keys can never be deleted and users are without number, so there are 1024 places,
// and users share them: the last one asked for stays.
import { ProtobufReader, ProtobufWriter, SharedData } from "@proxy-wasm-kit/sdk";

const PLACES: u32 = 1024;

export namespace Cache {
  export function get(user: string, nowNs: u64): string | null {
    const value = SharedData.get(keyOf(user));
    if (value === null) return null;
    let isOfUser = false;
    let cohort = "";
    let untilNs: u64 = 0;
    const reader = new ProtobufReader(value.bytes);
    while (reader.next()) {
      if (reader.field == 1) isOfUser = reader.text() == user;
      else if (reader.field == 2) cohort = reader.text();
      else if (reader.field == 3) untilNs = reader.number();
    }
    if (isOfUser && nowNs < untilNs) return cohort;
    return null;
  }

  export function set(user: string, cohort: string, untilNs: u64): void {
    // When two workers write at once, either answer is right.
    SharedData.set(keyOf(user), new ProtobufWriter().text(1, user).text(2, cohort).number(3, untilNs).toBuffer());
  }
}

/** FNV-1a over the characters. */
function keyOf(user: string): string {
  let hash: u32 = 0x811c9dc5;
  for (let i = 0; i < user.length; ++i) hash = (hash ^ user.charCodeAt(i)) * 0x01000193;
  return "ab-cohort/" + (hash % PLACES).toString();
}
