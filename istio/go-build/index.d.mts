export { cacheFolder } from "./cache.mjs";
