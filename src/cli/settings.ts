import path from "node:path";
import type { RuleChoice } from "../project/config.js";

/** What the command line and the configuration file ask for together; the command line wins. */
export interface Settings {
  strict: boolean;
  choice: RuleChoice;
  /** Patterns from the root. */
  ignores: string[];
  baseline?: string;
  batchSize?: number;
  verify?: string;
}

interface Flags {
  config?: string | false;
  strict: boolean;
  rule?: readonly string[];
  baseline?: string;
  batchSize?: number;
  verify?: string;
}

export async function settingsFor(root: string, flags: Flags): Promise<Settings> {
  const [{ chooseRules, loadConfig }, { loadTypeScript }] = await Promise.all([import("../project/config.js"), import("../harness/load-typescript.js")]);
  const { file, config } = await loadConfig(root, flags.config, loadTypeScript);
  const strict = flags.strict || config.strict === true;
  const folder = file === undefined ? root : path.dirname(file);
  const baseline = flags.baseline ?? (config.baseline === undefined ? undefined : path.relative(process.cwd(), path.resolve(folder, config.baseline)) || ".");
  const batchSize = flags.batchSize ?? config.batchSize;
  const verify = flags.verify ?? config.verify;
  return {
    strict,
    choice: chooseRules(config, strict, flags.rule ?? []),
    ignores: patternsFrom(config.ignores ?? [], path.relative(folder, root).split(path.sep).join("/")),
    ...(baseline === undefined ? {} : { baseline }),
    ...(batchSize === undefined ? {} : { batchSize }),
    ...(verify === undefined ? {} : { verify }),
  };
}

/** Patterns of a configuration above the root, as they read from the root: those that speak of other folders are none of its business. */
function patternsFrom(patterns: readonly string[], below: string): string[] {
  if (below === "" || below.startsWith("..")) return [...patterns];
  return patterns.flatMap((pattern) => {
    const negation = pattern.startsWith("!") ? "!" : "";
    const bare = pattern.slice(negation.length).replace(/^\//, "");
    // Without a slash inside it, a pattern holds at any depth.
    if (!bare.slice(0, -1).includes("/") || bare.startsWith("**/")) return [pattern];
    if (bare.startsWith(`${below}/`)) return [`${negation}/${bare.slice(below.length + 1)}`];
    return `${below}/`.startsWith(bare.endsWith("/") ? bare : `${bare}/`) ? [`${negation}**`] : [];
  });
}
