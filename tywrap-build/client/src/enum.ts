import { prototypeOf } from "./classes.js";
import { ProtocolError } from "./errors.js";
import { brand } from "./kind.js";
import { makeObject, type PyEnum, type Way } from "./object.js";
import type { PyValue } from "./value.js";

/** The members of one enum. */
class Members {
  readonly #className: string;
  readonly #way: Way;
  /** The members by name, in order, and the combinations that came up. */
  readonly #members = new Map<string, PyEnum<string>>();
  /** The names that the stub states, and where each stands. */
  readonly #order = new Map<string, number>();

  constructor(className: string, way: Way) {
    this.#className = className;
    this.#way = way;
  }

  /** The member of a name that the stub states. Another module that states the same enum gets the same members. */
  declare(name: string, value: PyValue): PyEnum<string> {
    if (!this.#order.has(name)) this.#order.set(name, this.#order.size);
    return this.#members.get(name) ?? this.#make(name, value);
  }

  /** A member, or a combination of flags, if there is one of this name. */
  find(name: string): PyEnum<string> | undefined {
    const member = this.#members.get(name);
    if (member !== undefined) return member;
    const parts = name.split("|");
    if (parts.length < 2) return undefined;
    let value: number | null = 0;
    let before = -1;
    for (const part of parts) {
      const at = this.#order.get(part) ?? -1;
      // In order, so that a combination has one name, and with it one object.
      if (at <= before) return undefined;
      before = at;
      const flag: PyValue = this.#members.get(part)?.value ?? null;
      value = value !== null && typeof flag === "number" && flag <= MOST_BITS ? value | flag : null;
    }
    return this.#make(name, value);
  }

  #make(name: string, value: PyValue): PyEnum<string> {
    const member = makeObject(prototypeOf(this.#className, undefined), this.#className, this.#way, undefined);
    Object.defineProperties(member, { name: { value: name, enumerable: true }, value: { value, enumerable: true } });
    brand(member, "enum");
    Object.freeze(member);
    this.#members.set(name, member as PyEnum<string>);
    return member as PyEnum<string>;
  }
}

/** What JavaScript's `|` still combines. */
const MOST_BITS = 0x7fff_ffff;

/** The enums of all modules. A re-exported one is the same one. */
const enums = new Map<string, Members>();

/** Makes the members of an enum, in order. Their methods are called as `way` says. */
export function declareEnum(className: string, members: Readonly<Record<string, PyValue>>, way: Way): PyEnum<string>[] {
  let known = enums.get(className);
  if (known === undefined) enums.set(className, (known = new Members(className, way)));
  const declared: PyEnum<string>[] = [];
  for (const [name, value] of Object.entries(members)) declared.push(known.declare(name, value));
  return declared;
}

/** The member that a host names. */
export function memberOf(className: unknown, name: unknown): PyEnum<string> {
  const members = typeof className === "string" ? enums.get(className) : undefined;
  const member = typeof name === "string" ? members?.find(name) : undefined;
  if (member === undefined) throw new ProtocolError("malformed value: an enum or a member of one that is not known", "malformed-value");
  return member;
}
