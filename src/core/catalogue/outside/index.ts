import { FILES } from "./files.js";
import { NETWORK } from "./network.js";
import { SERVICES } from "./services.js";
import { WAITING } from "./waiting.js";

/**
 * Packages and platform functions whose calls leave the process or wait: what a transaction should not be open over.
 * A name that is not here is not reported; a call that only computes must never match.
 */
export interface Outside {
  what: OutsideKind;
  /** Packages; the beginning of their names where one ends in `/` or `-`. */
  modules?: readonly string[];
  /** Names of the platform that need no import. */
  globals?: readonly string[];
  /** Functions of the module that do it when called, by path without `default`: `get`, `promises.readFile`, `` for the module itself. `promisify(exec)` is `promises.exec`. */
  functions?: RegExp;
  /** Methods that do it on what the module's functions and constructors made: `sendMail`. */
  methods?: RegExp;
}

export type OutsideKind = "network" | "file" | "timer" | "queue" | "model" | "process";

export const OUTSIDE: readonly Outside[] = [...NETWORK, ...SERVICES, ...FILES, ...WAITING];

/** What kind of waiting a call of a package's or the platform's value is, if any. `path`: how it is reached, as in tokens. */
export function outsideOf(module: string | null, path: string): OutsideKind | undefined {
  if (module === null) return OUTSIDE.find(({ globals }) => globals?.includes(path))?.what;
  const made = path.includes("…") || path.includes("()");
  const name = made ? (/(?:^|[.…])([\w$]+)$/.exec(path)?.[1] ?? "") : path.replace(/^default(\.|$)/, "");
  return OUTSIDE.find(({ modules, functions, methods }) => modules?.some((of) => isOf(module, of)) && (made ? methods : functions)?.test(name))?.what;
}

/** Whether values that a package makes have methods that leave the process or wait. */
export function isOutside(module: string): boolean {
  return OUTSIDE.some(({ modules, methods }) => methods && modules?.some((of) => isOf(module, of)));
}

function isOf(module: string, name: string): boolean {
  return module === name || module.startsWith(name.endsWith("-") || name.endsWith("/") ? name : `${name}/`);
}
