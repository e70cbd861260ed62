// Node 20 has these symbols, other engines of its age have not. Where one is missing nobody can ask for it either, so a private symbol
// stands in, and no global is changed.

/** `Symbol.dispose`, where there is one. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol("Symbol.dispose");

/** `Symbol.asyncDispose`, where there is one. */
export const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol("Symbol.asyncDispose");
