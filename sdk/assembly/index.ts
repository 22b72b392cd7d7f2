// The public API: re-exports only. `json`, `crypto` are separate imports, so that they cost nothing unused.

// The module's callbacks; the transform makes them exports of the filter.
import "./exports";

export {
  BufferKind,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterStatus,
  FilterTrailersStatus,
  GrpcStatus,
  LogLevel,
  MapKind,
  PeerType,
  Status,
} from "./abi";
export { Buffer, BufferReader } from "./body";
export { CallResponse, HttpCall } from "./callout";
export { Expression, Value } from "./cel";
export { clock } from "./clock";
export { Context, HttpContext, HttpMessage, RootContext, StreamContext } from "./contexts";
export { RootContextFactory, registerRootContext, setEffectiveContext } from "./dispatcher";
export { environment } from "./environment";
export { filterState, LifeSpan, ValueType } from "./filter-state";
export { callForeignFunction, clearRouteCache, compress, ForeignResult, uncompress } from "./foreign";
export { GrpcCall, GrpcResponse, GrpcService } from "./grpc";
export { GrpcStream } from "./grpc-stream";
export { HeaderEntries, HeaderMap, Headers } from "./headers";
export { log } from "./log";
export { Counter, Gauge, Histogram } from "./metric";
export { CounterFamily, GaugeFamily, HistogramFamily, labelled } from "./metric-labels";
export { Path, property } from "./property";
export { ProtobufReader, ProtobufWriter } from "./protobuf";
export { SharedQueue } from "./queue";
export { random } from "./random";
export { LocalResponse } from "./response";
export { SharedData, SharedValue } from "./shared-data";
export { Key, SignatureResult, sign, verifySignature } from "./signature";
export { isText } from "./text";
