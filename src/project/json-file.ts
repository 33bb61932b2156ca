import { readFileSync } from "node:fs";
import stripJsonComments from "strip-json-comments";

export type JsonObject = Record<string, unknown>;

/** Reads JSON files, with comments and trailing commas allowed, once each. What cannot be read or parsed is `undefined`. */
export class JsonFiles {
  private readonly cache = new Map<string, JsonObject | undefined>();

  read(absolute: string): JsonObject | undefined {
    if (!this.cache.has(absolute)) this.cache.set(absolute, load(absolute));
    return this.cache.get(absolute);
  }
}

function load(absolute: string): JsonObject | undefined {
  try {
    const text = readFileSync(absolute, "utf8").replace(/^\uFEFF/, "");
    const value: unknown = JSON.parse(stripJsonComments(text, { trailingCommas: true }));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isText) : isText(value) ? [value] : [];
}
