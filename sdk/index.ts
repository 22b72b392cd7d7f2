// The public API: re-exports only. `json`, `crypto` are separate imports, so that they cost nothing unused.

// The module's callbacks; the transform makes them exports of the filter.
import "./assembly/exports";

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
} from "./assembly/abi";
export { Buffer, BufferReader } from "./assembly/body";
export { CallResponse, HttpCall } from "./assembly/callout";
export { Expression, Value } from "./assembly/cel";
export { clock } from "./assembly/clock";
export { Context, HttpContext, HttpMessage, RootContext, StreamContext } from "./assembly/contexts";
export { RootContextFactory, registerRootContext, setEffectiveContext } from "./assembly/dispatcher";
export { environment } from "./assembly/environment";
export { filterState, LifeSpan, ValueType } from "./assembly/filter-state";
export { callForeignFunction, clearRouteCache, compress, ForeignResult, uncompress } from "./assembly/foreign";
export { GrpcCall, GrpcResponse, GrpcService } from "./assembly/grpc";
export { GrpcStream } from "./assembly/grpc-stream";
export { HeaderEntries, HeaderMap, Headers } from "./assembly/headers";
export { log } from "./assembly/log";
export { Counter, Gauge, Histogram } from "./assembly/metric";
export { CounterFamily, GaugeFamily, HistogramFamily, labelled } from "./assembly/metric-labels";
export { Path, property } from "./assembly/property";
export { ProtobufReader, ProtobufWriter } from "./assembly/protobuf";
export { SharedQueue } from "./assembly/queue";
export { random } from "./assembly/random";
export { LocalResponse } from "./assembly/response";
export { SharedData, SharedValue } from "./assembly/shared-data";
export { Key, SignatureResult, sign, verifySignature } from "./assembly/signature";
export { StringBuilder } from "./assembly/string-builder";
export { isText } from "./assembly/text";
