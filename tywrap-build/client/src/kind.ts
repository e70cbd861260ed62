/** What a value class of this client is, as the encoder sees it. */
export type Kind = "class" | "column" | "complex" | "enum" | "float" | "frame" | "int" | "keywords" | "ndarray" | "scalar" | "series" | "tuple";

/**
 * Every emitted package carries its own copy of this client, and a program may load several. A registered symbol lets a value made
 * by one copy be passed to another, where `instanceof` would fail; and unlike a string key it can't come out of JSON.
 */
const KIND: unique symbol = Symbol.for("tywrap.kind") as never;

/** Marks an object, or the prototype of a class. */
export function brand(target: object, kind: Kind): void {
  Object.defineProperty(target, KIND, { value: kind });
}

/** The mark of an object, if this client or another copy of it made the object. */
export function kindOf(value: object): Kind | undefined {
  return (value as { readonly [KIND]?: Kind })[KIND];
}
