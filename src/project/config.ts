import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import stripJsonComments from "strip-json-comments";
import { RULES } from "../../rules/registry.js";
import { firstProblem } from "./config-check.js";
import { configSchema } from "./config-schema.js";
import type { RuleLevel, SessionfixConfig } from "./config-schema.js";
import { errorMessage, UsageError } from "./errors.js";
import { workTreeTop } from "./git-ignore.js";
import { isObject } from "./json-file.js";

const NAMES = ["js", "mjs", "ts", "json"].map((extension) => `sessionfix.config.${extension}`);

export interface LoadedConfig {
  /** Absent when there is none. */
  file?: string;
  config: SessionfixConfig;
}

/**
 * The configuration of a folder: the file named, or else the nearest one from the folder up to the top of its git work
 * tree. Two in one folder are an error, since either could be meant.
 *
 * @param readTypeScript is called before a `.ts` file is imported: not every supported Node strips types itself.
 * @throws UsageError `CONFIG_NOT_FOUND`, `CONFIG_UNREADABLE` or `CONFIG_INVALID`.
 */
export async function loadConfig(root: string, named?: string | false, readTypeScript?: () => void): Promise<LoadedConfig> {
  if (named === false) return { config: {} };
  if (named !== undefined) {
    const file = path.resolve(named);
    if (!existsSync(file)) throw new UsageError("CONFIG_NOT_FOUND", `There is no configuration file ${named}`, "Check the path, or leave --config out.");
    return { file, config: checked(await read(file, readTypeScript), file) };
  }
  const top = workTreeTop(root) ?? root;
  for (let folder = root; ; folder = path.dirname(folder)) {
    const found = NAMES.map((name) => path.join(folder, name)).filter((file) => existsSync(file));
    const manifest = path.join(folder, "package.json");
    const key = found.length > 0 ? undefined : keyOf(manifest);
    const [file, other] = found;
    if (file !== undefined && other !== undefined) throw new UsageError("CONFIG_INVALID", `${folder} has both ${path.basename(file)} and ${path.basename(other)}`, "Keep one of them.");
    if (file !== undefined) return { file, config: checked(await read(file, readTypeScript), file) };
    if (key !== undefined) return { file: manifest, config: checked(key, `${manifest}, "sessionfix"`) };
    if (folder === top || folder === path.dirname(folder)) return { config: {} };
  }
}

function keyOf(manifest: string): unknown {
  try {
    const value: unknown = JSON.parse(readFileSync(manifest, "utf8"));
    return isObject(value) ? value["sessionfix"] : undefined;
  } catch {
    // A manifest that is no JSON is npm's to complain of.
    return undefined;
  }
}

async function read(file: string, readTypeScript?: () => void): Promise<unknown> {
  try {
    if (path.basename(file) === "package.json") return keyOf(file);
    if (file.endsWith(".json")) return JSON.parse(stripJsonComments(readFileSync(file, "utf8").replace(/^\uFEFF/, ""), { trailingCommas: true }));
    if (file.endsWith(".ts")) readTypeScript?.();
    const module: unknown = await import(pathToFileURL(file).href);
    return isObject(module) ? module["default"] : undefined;
  } catch (error) {
    throw new UsageError("CONFIG_UNREADABLE", `${file} cannot be read: ${errorMessage(error).split("\n")[0] ?? ""}`, file.endsWith(".ts") && readTypeScript === undefined ? "A .ts configuration needs a Node that strips types (22.18 or newer): else use .mjs or .json." : "Mend it, or run with --no-config.");
  }
}

function checked(value: unknown, file: string): SessionfixConfig {
  if (value === undefined) throw new UsageError("CONFIG_INVALID", `${file} exports no configuration`, "Export it: `export default { rules: {} }`.");
  const problem = firstProblem(value, configSchema());
  if (problem === undefined) return value as SessionfixConfig;
  throw new UsageError("CONFIG_INVALID", `${file}: ${problem.place === "" ? "" : `${problem.place}: `}${problem.what}`, problem.hint ?? "docs/cli.md lists what a configuration may say.");
}

export interface RuleChoice {
  /** The rules that run; absent for the default choice. */
  rules?: string[];
  ruleOptions?: Record<string, object>;
  /** Rules whose findings do not fail the run. */
  warn: Set<string>;
}

/** What the configuration and the command line make of the rules: names given by `--rule` win. */
export function chooseRules({ rules = {} }: SessionfixConfig, strict: boolean, named: readonly string[]): RuleChoice {
  const level = (name: string): RuleLevel | undefined => {
    const entry = rules[name];
    return Array.isArray(entry) ? entry[0] : entry;
  };
  const options = Object.entries(rules).flatMap(([name, entry]): [string, object][] => (Array.isArray(entry) && entry[1] !== undefined ? [[name, entry[1]]] : []));
  const chosen = RULES.filter(({ name, meta }) => (level(name) === undefined ? strict || meta.recommended : level(name) !== "off")).map(({ name }) => name);
  const isDefault = named.length === 0 && Object.keys(rules).every((name) => level(name) === undefined);
  return {
    ...(isDefault ? {} : { rules: named.length > 0 ? [...named] : chosen }),
    ...(options.length === 0 ? {} : { ruleOptions: Object.fromEntries(options) }),
    warn: new Set(Object.keys(rules).filter((name) => level(name) === "warn")),
  };
}
