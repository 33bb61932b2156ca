import { FRAMEWORKS } from "../catalogue/frameworks/index.js";
import { LIBRARIES } from "../catalogue/libraries/index.js";

/** The whole catalogue as one text: what was found with another catalogue must not be believed. */
export function catalogueText(): string {
  return JSON.stringify([LIBRARIES, FRAMEWORKS], (_key, value: unknown) => (value instanceof RegExp || typeof value === "function" ? String(value) : value));
}
