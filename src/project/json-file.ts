import { readFileSync } from "node:fs";
import stripJsonComments from "strip-json-comments";

export type JsonObject = Record<string, unknown>;

/** Reads JSON files, with comments and trailing commas allowed, once each. What cannot be read or parsed is `undefined`. */
export class JsonFiles {
  private readonly cache = new Map<string, JsonObject | undefined>();
  private readonly texts = new Map<string, string | null>();

  read(absolute: string): JsonObject | undefined {
    if (!this.cache.has(absolute)) {
      const text = readJsonText(absolute);
      this.texts.set(absolute, text);
      this.cache.set(absolute, text === null ? undefined : parse(text));
    }
    return this.cache.get(absolute);
  }

  /** Every file that was asked for, with its text; null for one that is not there. What was resolved rests on these alone. */
  asked(): ReadonlyMap<string, string | null> {
    return this.texts;
  }
}

/** The text of a file, or null when there is none to be read. */
export function readJsonText(absolute: string): string | null {
  try {
    return readFileSync(absolute, "utf8");
  } catch {
    return null;
  }
}

function parse(source: string): JsonObject | undefined {
  try {
    const text = source.replace(/^\uFEFF/, "");
    // Comments are rare, and looking for them costs more than the parser.
    const value: unknown = parseStrict(text) ?? JSON.parse(stripJsonComments(text, { trailingCommas: true }));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parseStrict(text: string): unknown {
  try {
    return JSON.parse(text);
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
