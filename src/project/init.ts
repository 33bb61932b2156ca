import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { RUNTIME } from "../core/contract.js";
import { lineEnding } from "../core/edit.js";
import { isObject } from "./json-file.js";
import { parseSource } from "./parse.js";

/** One thing that `init` does: what it changes, or why it changes nothing and what is left to do. */
export interface InitStep {
  what: string;
  file: string;
  change?: { before: string | undefined; after: string };
  /** There already, or to be done by hand. */
  note?: string;
  /** Somebody has to do it by hand. */
  isLeft?: boolean;
}

const PLUGIN = "eslint-plugin-sessionfix";
const ESLINT_CONFIGS = ["js", "mjs", "cjs", "ts", "mts", "cts"].map((extension) => `eslint.config.${extension}`);
const WORKFLOWS = ".github/workflows";

/** What a project lacks to keep its sessions in order: the runtime, the ESLint plugin, a step in CI. Nothing is written, nothing is replaced. */
export function planInit(root: string, version: string): InitStep[] {
  const manifestText = readIfThere(path.join(root, "package.json"));
  const manifest = parseManifest(manifestText);
  const usesEslint = manifest !== undefined && ["dependencies", "devDependencies"].some((group) => isObject(manifest[group]) && "eslint" in manifest[group]);
  return [manifestStep(manifestText, manifest, version, usesEslint), ...(usesEslint ? [eslintStep(root)] : []), ...workflowStep(root)];
}

function manifestStep(text: string | undefined, manifest: Record<string, unknown> | undefined, version: string, withPlugin: boolean): InitStep {
  const step = { what: withPlugin ? `the dependencies ${RUNTIME.specifier} and ${PLUGIN}` : `the dependency ${RUNTIME.specifier}`, file: "package.json" };
  if (text === undefined || manifest === undefined) return { ...step, note: text === undefined ? "there is none: run init where it is" : "it is no JSON", isLeft: true };
  const wanted: [string, string][] = [["dependencies", RUNTIME.specifier], ...(withPlugin ? [["devDependencies", PLUGIN] as [string, string]] : [])];
  const missing = wanted.filter(([, name]) => !["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"].some((group) => isObject(manifest[group]) && name in manifest[group]));
  if (missing.length === 0) return { ...step, note: "they are there already" };
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? "  ";
  const ending = lineEnding(text);
  const print = (value: unknown) => JSON.stringify(value, null, indent).replaceAll("\n", ending) + (/\r?\n$/.exec(text)?.[0] ?? "");
  // Written anew as a whole: only where that changes nothing else.
  if (print(manifest) !== text) return { ...step, note: `it is laid out in a way of its own. Run: ${missing.map(([group, name]) => `npm install ${group === "devDependencies" ? "--save-dev " : ""}${name}`).join(" && ")}`, isLeft: true };
  const next: Record<string, unknown> = { ...manifest };
  for (const [group, name] of missing) next[group] = sorted({ ...(isObject(next[group]) ? next[group] : {}), [name]: `^${version}` });
  return { ...step, change: { before: text, after: print(next) } };
}

function sorted(table: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function eslintStep(root: string): InitStep {
  const found = ESLINT_CONFIGS.find((name) => existsSync(path.join(root, name)));
  const what = "the plugin's recommended rules for ESLint";
  if (found === undefined) return { what, file: "eslint.config.js", note: `there is no flat configuration here. Add to yours: ${PLUGIN}, configs.recommended`, isLeft: true };
  const before = readFileSync(path.join(root, found), "utf8");
  if (before.includes(PLUGIN)) return { what, file: found, note: "they are there already" };
  const after = withPlugin(before);
  const byHand: InitStep = { what, file: found, note: `its form is not one that init edits. Add: import sessionfix from "${PLUGIN}"; and the entry sessionfix.configs.recommended`, isLeft: true };
  return after === undefined || !parseSource(found, after).ok ? byHand : { what, file: found, change: { before, after } };
}

/** The list that the configuration exports, or the arguments of the helper that makes it. */
const LIST = /^(?:export\s+default|module\.exports\s*=)\s*(?:(?:defineConfig|tseslint\.config)\((?:\s*\[)?|\[)/gm;

function withPlugin(text: string): string | undefined {
  const lists = [...text.matchAll(LIST)];
  const [list] = lists;
  if (list === undefined || lists.length > 1 || /\bsessionfix\b/.test(text)) return undefined;
  const ending = lineEnding(text);
  const quote = /from\s+'|require\('/.test(text) ? "'" : '"';
  const semicolon = /^(?:import|const|export).*;\s*$/m.test(text) ? ";" : "";
  const isCommonJs = list[0].startsWith("module");
  const line = isCommonJs ? `const sessionfix = require(${quote}${PLUGIN}${quote})${semicolon}${ending}` : `import sessionfix from ${quote}${PLUGIN}${quote}${semicolon}${ending}`;
  const imports = [...text.matchAll(isCommonJs ? /^const .*\brequire\(.*\).*(?:\r?\n|$)/gm : /^import [^;]*?["'][^"'\n]*["'];?[ \t]*(?:\r?\n|$)/gm)].filter(({ index }) => index < list.index);
  const last = imports.at(-1);
  const head = /^(?:\uFEFF|#!.*\r?\n|\/\/.*\r?\n)*/.exec(text)?.[0].length ?? 0;
  const at = last === undefined ? head : last.index + last[0].length;
  const open = list.index + list[0].length;
  const rest = text.slice(open);
  const indent = /^[ \t]*\r?\n([ \t]+)/.exec(rest)?.[1];
  const isEmpty = /^\s*[\])]/.test(rest);
  const entry = indent === undefined ? `sessionfix.configs.recommended${isEmpty ? "" : ", "}` : `${ending}${indent}sessionfix.configs.recommended,`;
  return `${text.slice(0, at)}${line}${last === undefined && head === 0 ? ending : ""}${text.slice(at, open)}${entry}${rest}`;
}

function workflowStep(root: string): InitStep[] {
  if (!existsSync(path.join(root, ".git"))) return [];
  const what = "a step in CI";
  const folder = path.join(root, WORKFLOWS);
  const file = `${WORKFLOWS}/sessionfix.yml`;
  if (existsSync(path.join(root, file))) return [{ what, file, note: "it is there already" }];
  const known = existsSync(folder) ? readdirSync(folder).find((name) => /\.ya?ml$/.test(name) && readFileSync(path.join(folder, name), "utf8").includes("sessionfix")) : undefined;
  if (known !== undefined) return [{ what, file: `${WORKFLOWS}/${known}`, note: "it is there already" }];
  return [{ what, file, change: { before: undefined, after: WORKFLOW } }];
}

const WORKFLOW = `name: sessionfix
on: [push, pull_request]
permissions:
  contents: read
jobs:
  sessionfix:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - run: npx --yes sessionfix scan --format github
`;

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function parseManifest(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
