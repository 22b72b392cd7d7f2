export { ConfigReader } from "./config-reader";
export { Json, JsonKind } from "./json";
