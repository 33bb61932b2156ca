import path from "node:path";
import fc from "fast-check";
import { isNode } from "../../src/core/facts/ast.js";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import type { FileFacts } from "../../src/core/facts/types.js";
import type { LinkHost } from "../../src/core/link/index.js";
import { parseSource, type ParsedSource } from "../../src/project/parse.js";
import { brokenFacts } from "./facts-invariants.js";
import { KINDS, mutate, type Mutation } from "./mutations.js";
import { difference } from "./plain.js";
import { dependsOnOrder, findingsOf, misplaced } from "./project-invariants.js";

/** A program of the corpus, by its number, and what is done to it. */
export interface Recipe {
  program: number;
  mutations: Mutation[];
}

const mutation = fc.record({ kind: fc.constantFrom(...KINDS), at: fc.nat(), other: fc.nat() });
export const recipe: fc.Arbitrary<Recipe> = fc.record({ program: fc.nat(), mutations: fc.array(mutation, { maxLength: 12 }) });

export type Corpus = readonly { file: string; text: string }[];

export function cook({ program, mutations }: Recipe, corpus: Corpus): { file: string; text: string } {
  const chosen = corpus[program % corpus.length];
  if (!chosen) throw new RangeError("the corpus is empty");
  return { file: chosen.file, text: mutate(chosen.file, chosen.text, mutations, corpus.map(({ text }) => text)) };
}

/** The facts of a text that the parser accepts; throws when a promise is broken, and gives nothing when it does not parse. */
export function checkedFacts(file: string, text: string): { facts: FileFacts; text: string } | undefined {
  const parsed = parseSource(file, text);
  if (!parsed.ok) return undefined;
  const facts = buildFacts({ ...parsed, file });
  const problems = brokenFacts(facts, parsed.text);
  if (problems.length > 0) throw new Error(`${problems.join("\n")}\n${text}`);

  const again = parseSource(file, text);
  if (!again.ok) throw new Error(`parsed once, and not a second time: ${again.reason}`);
  addParents(again);
  const changed = difference(facts, buildFacts({ ...again, file }));
  if (changed !== undefined) throw new Error(`parents change the facts at ${changed}\n${text}`);
  return { facts, text: parsed.text };
}

function addParents({ program }: ParsedSource): void {
  const visit = (value: unknown, parent: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, parent);
    if (!isNode(value)) return;
    for (const key of Object.keys(value)) visit(value[key], value);
    value["parent"] = parent;
  };
  visit(program, null);
}

/** Links the files with each other and runs every rule; throws when a promise is broken. */
export function checkProject(files: readonly { facts: FileFacts; text: string }[]): void {
  const texts = new Map(files.map(({ facts, text }) => [facts.file, text]));
  const facts = files.map((each) => each.facts);
  const host: LinkHost = {
    resolve(from, specifier) {
      if (!specifier.startsWith(".")) return undefined;
      const base = path.posix.join(path.posix.dirname(from), specifier).replace(/\.[cm]?js$/, "");
      return [...texts.keys()].find((file) => file.replace(/\.\w+$/, "") === base);
    },
    text: (file) => texts.get(file),
  };
  const findings = findingsOf(facts, host);
  const problems = misplaced(findings, facts, (file) => texts.get(file));
  const order = dependsOnOrder(facts, host, findings);
  if (order !== undefined) problems.push(`the order of files matters: ${order}`);
  if (problems.length > 0) throw new Error(`${problems.join("\n")}\n${[...texts].map(([file, text]) => `// ${file}\n${text}`).join("\n")}`);
}

/** Each file at most once; later recipes for the same file are dropped. */
export function cookProject(recipes: readonly Recipe[], corpus: Corpus): { facts: FileFacts; text: string }[] {
  const files = new Map<string, { facts: FileFacts; text: string }>();
  for (const each of recipes) {
    const { file, text } = cook(each, corpus);
    if (files.has(file)) continue;
    const checked = checkedFacts(file, text);
    if (checked) files.set(file, checked);
  }
  return [...files.values()];
}
