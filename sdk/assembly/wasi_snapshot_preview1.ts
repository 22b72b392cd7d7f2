// The WASI functions that the SDK needs; this file's name is the import module's. Results are errno values, 0 is success.
// Source: WebAssembly/WASI legacy/preview1.

export declare function environ_sizes_get(countOut: usize, sizeOut: usize): i32;

export declare function environ_get(entries: usize, text: usize): i32;

export declare function random_get(into: usize, size: i32): i32;

export declare function clock_time_get(clock: i32, precision: i64, timeOut: usize): i32;
