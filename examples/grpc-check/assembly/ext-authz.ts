// The messages of Envoy's authorization protocol, as far as they are used here.
// Source: envoy api/envoy/service/auth/v3/external_auth.proto, attribute_context.proto.
import { HeaderMap, ProtobufReader, ProtobufWriter } from "@proxy-wasm-kit/sdk";

/** CheckRequest{attributes{request{http{method, headers, path, host, scheme}}}} */
export function checkRequest(headers: HeaderMap): ArrayBuffer {
  const http = new ProtobufWriter();
  const entries = headers.entries();
  while (entries.next()) {
    const name = entries.name;
    if (name == ":method") http.text(2, entries.value);
    else if (name == ":path") http.text(4, entries.value);
    else if (name == ":authority") http.text(5, entries.value);
    else if (name == ":scheme") http.text(6, entries.value);
    else http.message(3, new ProtobufWriter().text(1, name).text(2, entries.value));
  }
  const request = new ProtobufWriter().message(2, http);
  const attributes = new ProtobufWriter().message(4, request);
  return new ProtobufWriter().message(1, attributes).toBuffer();
}

/** CheckResponse{status{code}}: allowed when there is a status and its code is 0, which protobuf does not write. */
export function isAllowed(message: ArrayBuffer): bool {
  const reader = new ProtobufReader(message);
  let allowed = false;
  while (reader.next()) {
    if (reader.field != 1) continue;
    const status = new ProtobufReader(reader.bytes());
    allowed = true;
    while (status.next()) if (status.field == 1 && status.number() != 0) allowed = false;
    if (status.malformed) return false;
  }
  return allowed && !reader.malformed;
}
