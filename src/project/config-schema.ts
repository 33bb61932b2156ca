import { RULES } from "../../rules/registry.js";

/** Fields of the configuration but `rules`: their schema, from which their types are made, too. */
export const FIELDS = {
  strict: { type: "boolean", description: "Also run the strict rules and show findings that are only likely. Default: false." },
  ignores: { type: "array", items: { type: "string" }, description: "Files to leave out: patterns as in .gitignore, from the folder of this file." },
  baseline: { type: "string", description: "The baseline file, from the folder of this file. `--baseline` overrides it." },
  batchSize: { type: "integer", minimum: 1, description: "Items a transaction in loops that a fix batches. Default: 10." },
  verify: { type: "string", description: "The command that must succeed after a fix. `--verify` overrides it." },
} as const;

export const LEVELS = ["off", "warn", "error"] as const;

/** What a JSON schema of this project uses of the language. */
export interface Schema {
  type?: string;
  format?: string;
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  prefixItems?: readonly Schema[];
  minItems?: number;
  maxItems?: number;
  enum?: readonly unknown[];
  anyOf?: readonly Schema[];
  minimum?: number;
  maximum?: number;
}

type ValueOf<S> = S extends { type: "boolean" } ? boolean : S extends { type: "string" } ? string : S extends { type: "integer" } ? number : S extends { type: "array"; items: infer Item } ? ValueOf<Item>[] : never;

/** `off`: never runs. `warn`: reported, without failing the run. `error`: reported, and the exit code is 1. */
export type RuleLevel = (typeof LEVELS)[number];

/** What `sessionfix.config.js` (or `.mjs`, `.ts`, `.json`, or `"sessionfix"` in package.json) may say. */
export type SessionfixConfig = { -readonly [Name in keyof typeof FIELDS]?: ValueOf<(typeof FIELDS)[Name]> } & {
  /** By name: a level, or a level and the rule's options. Naming a strict rule turns it on. */
  rules?: Record<string, RuleLevel | [RuleLevel, Record<string, unknown>?]>;
  $schema?: string;
};

/** The JSON schema of the configuration, with every rule's own options. */
export function configSchema(): Schema & { $schema: string; title: string } {
  const level: Schema = { enum: LEVELS };
  const rules = RULES.map(({ name, meta }): [string, Schema] => [
    name,
    { description: meta.description, anyOf: [level, { type: "array", prefixItems: [level, meta.schema as Schema], minItems: 1, maxItems: 2 }] },
  ]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "sessionfix configuration",
    type: "object",
    properties: {
      $schema: { type: "string" },
      rules: { type: "object", description: "By rule: off, warn or error, or a list of the level and the rule's options.", properties: Object.fromEntries(rules), additionalProperties: false },
      ...FIELDS,
    },
    additionalProperties: false,
  };
}
