import type { Schema } from "./config-schema.js";
import { errorMessage } from "./errors.js";
import { isObject } from "./json-file.js";
import { nearest } from "./nearest.js";

export interface ConfigProblem {
  /** Where: `rules.no-session-per-call[1].allowFunctions`. Empty for the whole. */
  place: string;
  what: string;
  hint?: string;
}

/** The first thing that is wrong with a value, or `undefined`. */
export function firstProblem(value: unknown, schema: Schema, place = ""): ConfigProblem | undefined {
  if (schema.anyOf !== undefined) return ofAny(value, schema.anyOf, place);
  if (schema.enum !== undefined && !schema.enum.includes(value)) return { place, what: `it is ${shown(value)}, and must be ${list(schema.enum)}` };
  switch (schema.type) {
    case "object":
      return isObject(value) ? ofObject(value, schema, place) : wrongType(value, "an object", place);
    case "array":
      return Array.isArray(value) ? ofArray(value, schema, place) : wrongType(value, "a list", place);
    case "string":
      return typeof value !== "string" ? wrongType(value, "a text", place) : schema.format === "regex" ? ofPattern(value, place) : undefined;
    case "boolean":
      return typeof value === "boolean" ? undefined : wrongType(value, "true or false", place);
    case "number":
    case "integer": {
      if (typeof value !== "number" || (schema.type === "integer" && !Number.isSafeInteger(value))) return wrongType(value, schema.type === "integer" ? "a whole number" : "a number", place);
      const { minimum = -Infinity, maximum = Infinity } = schema;
      return value < minimum ? { place, what: `it is ${value}, and must be at least ${minimum}` } : value > maximum ? { place, what: `it is ${value}, and must be at most ${maximum}` } : undefined;
    }
    default:
      return undefined;
  }
}

/** Of several forms the one that fits the value's kind says what is wrong. */
function ofAny(value: unknown, forms: readonly Schema[], place: string): ConfigProblem | undefined {
  const problems: ConfigProblem[] = [];
  for (const form of forms) {
    const problem = firstProblem(value, form, place);
    if (problem === undefined) return undefined;
    problems.push(problem);
  }
  return problems.find((_, index) => (forms[index]?.type === "array") === Array.isArray(value)) ?? problems[0];
}

function ofObject(value: Record<string, unknown>, { properties = {}, additionalProperties = true }: Schema, place: string): ConfigProblem | undefined {
  for (const [name, one] of Object.entries(value)) {
    const at = place === "" ? name : `${place}.${name}`;
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (schema === undefined && additionalProperties === false) {
      const meant = nearest(name, Object.keys(properties));
      return { place: at, what: place === "rules" ? "no rule has this name" : "nothing has this name here", hint: meant === undefined ? `There are: ${Object.keys(properties).join(", ")}.` : `Did you mean ${meant}?` };
    }
    const problem = firstProblem(one, schema ?? (typeof additionalProperties === "object" ? additionalProperties : {}), at);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function ofArray(value: readonly unknown[], { items, prefixItems = [], minItems = 0, maxItems = Infinity }: Schema, place: string): ConfigProblem | undefined {
  if (value.length < minItems || value.length > maxItems) return { place, what: `it has ${value.length} entries, and must have ${maxItems === Infinity ? `at least ${minItems}` : `${minItems} to ${maxItems}`}` };
  for (const [index, one] of value.entries()) {
    const problem = firstProblem(one, prefixItems[index] ?? items ?? {}, `${place}[${index}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function ofPattern(value: string, place: string): ConfigProblem | undefined {
  try {
    new RegExp(value);
    return undefined;
  } catch (error) {
    return { place, what: `it is no regular expression: ${errorMessage(error)}` };
  }
}

function wrongType(value: unknown, wanted: string, place: string): ConfigProblem {
  return { place, what: `it is ${shown(value)}, and must be ${wanted}` };
}

function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? String(value) : text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function list(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`;
}
