import { AsyncBodyError } from "./errors.js";

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Refuses, before it runs, a function that is visibly asynchronous. One compiled to an older target is not. */
export function refuseAsyncFunction(body: unknown, helper: string, instead: string): void {
  if (typeof body === "function" && Object.getPrototypeOf(body) === Function.prototype) return; // by far the most
  const tag = Object.prototype.toString.call(body);
  if (tag !== "[object AsyncFunction]" && tag !== "[object AsyncGeneratorFunction]") return;
  throw new AsyncBodyError(`${helper}() was given an asynchronous function and did not run it: its transaction would end at the first await. Use await ${instead}().`);
}

/** For a function whose asynchrony only its result shows: it has begun to run, and its tail cannot be called back. */
export function asyncResultError(pending: PromiseLike<unknown>, helper: string, instead: string): AsyncBodyError {
  // Whatever becomes of the tail must not end the process as an unhandled rejection on top of this error.
  pending.then(undefined, () => {});
  return new AsyncBodyError(
    `The function given to ${helper}() returned a promise, so the transaction was rolled back. What the function does after its first await runs outside of any transaction. Use await ${instead}().`,
  );
}
