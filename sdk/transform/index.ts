/** The asc transform of the SDK. */
export {};
