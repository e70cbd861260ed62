import { asyncDispose, dispose } from "./dispose.js";

/** Where remote objects live: one connection. */
export interface ObjectOwner {
  /** Tells the worker that an object is no longer used. */
  release(id: number): void;
}

interface Registration {
  readonly owner: ObjectOwner;
  readonly id: number;
}

/** A last resort for objects that nobody disposed of. */
const forgotten = new FinalizationRegistry<Registration>(({ owner, id }) => owner.release(id));

/** The reach into an object that only the encoder and the decoder have. */
export let referenceTo: (object: PyObject, owner: ObjectOwner) => number | "disposed" | "foreign";
export let makeObject: (owner: ObjectOwner, id: number, className: string) => PyObject;

/**
 * A live object in the Python worker. `C` is its class, such as `"collections:Counter"`.
 *
 * It stays alive until `dispose()`, the end of an `await using` block, or the end of the connection. One that is only forgotten is
 * released when the garbage collector gets to it, which may be never.
 */
export class PyObject<C extends string = string> {
  /** Defining module and qualified name of its class. */
  readonly className: C;
  readonly #id: number;
  readonly #owner: ObjectOwner;
  #disposed = false;

  private constructor(owner: ObjectOwner, id: number, className: C) {
    this.#owner = owner;
    this.#id = id;
    this.className = className;
    forgotten.register(this, { owner, id }, this);
  }

  static {
    makeObject = (owner, id, className) => new PyObject(owner, id, className);
    referenceTo = (object, owner) => {
      if (!(#id in object) || object.#owner !== owner) return "foreign";
      return object.#disposed ? "disposed" : object.#id;
    };
  }

  /** Lets go of the object. Using it afterwards is an error; disposing of it again does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    this.#owner.release(this.#id);
  }

  /** The same as {@link PyObject.dispose}. */
  [dispose](): void {
    this.dispose();
  }

  /** The same as {@link PyObject.dispose}. */
  [asyncDispose](): Promise<void> {
    this.dispose();
    return Promise.resolve();
  }
}
