/** Go programs into the cache, for whoever needs some. Plain JavaScript, as it runs before anything is built. */
export { buildOnce } from "./build.mjs";
export { cacheFolder } from "./cache.mjs";
export { go } from "./go.mjs";
