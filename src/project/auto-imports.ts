import path from "node:path";
import { autoImportRules } from "../core/catalogue/index.js";
import type { AutoImportRule } from "../core/catalogue/framework.js";
import type { ImportedName } from "../core/facts/bind-globals.js";

/** A file's export that others know by its name alone. */
interface Known {
  file: string;
  imported: string;
}

/** The folders of one program: its own, and those of its layers. */
interface Program {
  rule: AutoImportRule;
  folders: string[];
  known: ReadonlyMap<string, Known>;
  /** Finds the names in a text; undefined when there are none. */
  words: RegExp | undefined;
}

/**
 * What files may speak of without an import, as frameworks have it: told by the configuration files in the tree, and by the words of the files
 * whose exports are known. A name that two files export is known from neither: which of them counts is the framework's to say.
 */
export class AutoImports {
  private constructor(private readonly programs: readonly Program[]) {}

  /** Undefined where no program of the tree has such names. */
  static of(files: Iterable<string>, text: (file: string) => string): AutoImports | undefined {
    const all = [...files];
    const programs = autoImportRules().flatMap((rule) => foldersOf(rule, all).map((folders) => programOf(rule, folders, all, text)));
    return programs.some(({ words }) => words) ? new AutoImports(programs) : undefined;
  }

  /** What the words of this file may mean, each with where it comes from. */
  usedBy(file: string, text: string): ReadonlyMap<string, ImportedName & { target: string }> {
    const used = new Map<string, ImportedName & { target: string }>();
    for (const { rule, folders, known, words } of this.programs) {
      if (words === undefined || !folders.some((folder) => rule.known.some((each) => isBelow(file, join(folder, each))) || exports(rule, folder, file))) continue;
      for (const [name] of text.matchAll(words)) {
        const from = known.get(name);
        if (from === undefined || from.file === file) continue;
        const relative = path.posix.relative(path.posix.dirname(file), from.file);
        used.set(name, { specifier: relative.startsWith(".") ? relative : `./${relative}`, imported: from.imported, target: from.file });
      }
    }
    return used;
  }
}

function foldersOf({ config, layers }: AutoImportRule, files: readonly string[]): string[][] {
  const folders = files.flatMap((file) => (config.test(path.posix.basename(file)) ? [path.posix.dirname(file)] : [])).sort();
  const programs = new Map<string, string[]>();
  for (const folder of folders) {
    const parts = folder.split("/");
    const outer = layers !== undefined && parts.at(-2) === layers ? parts.slice(0, -2).join("/") || "." : folder;
    const program = programs.get(programs.has(outer) ? outer : folder);
    if (program) program.push(folder);
    else programs.set(folder, [folder]);
  }
  return [...programs.values()];
}

function programOf(rule: AutoImportRule, folders: string[], files: readonly string[], text: (file: string) => string): Program {
  const known = new Map<string, Known>();
  const twice = new Set<string>();
  for (const file of files) {
    if (!/\.[cm]?[jt]sx?$/.test(file) || !folders.some((folder) => exports(rule, folder, file))) continue;
    for (const [name, imported] of exportsOf(file, text(file))) {
      if (known.has(name)) twice.add(name);
      known.set(name, { file, imported });
    }
  }
  for (const name of twice) known.delete(name);
  const words = known.size === 0 ? undefined : new RegExp(String.raw`(?<![\w$]|(?<!\.\.)\.)(?:${[...known.keys()].map((name) => name.replaceAll("$", String.raw`\$`)).join("|")})(?![\w$])`, "g");
  return { rule, folders, known, words };
}

function exports({ exported }: AutoImportRule, folder: string, file: string): boolean {
  return exported.some((each) => {
    const place = join(folder, each.folder);
    return each.deep ? isBelow(file, place) : path.posix.dirname(file) === place;
  });
}

const NAMED = /\bexport\s+(?:async\s+)?(?:function\s*\*?|const|let|var|class|enum)\s*\b([A-Za-z_$][\w$]*)/g;
const LISTED = /\bexport\s*\{([^}]*)\}/g;
const ITEM = /^\s*(?:[A-Za-z_$][\w$]*\s+as\s+)?([A-Za-z_$][\w$]*)\s*$/;
const DEFAULT = /\bexport\s+default\b/;

/** The names that a text exports, as far as its words tell, each with what it is imported as. */
function exportsOf(file: string, text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = ""] of text.matchAll(NAMED)) found.set(name, name);
  for (const [, list = ""] of text.matchAll(LISTED))
    for (const item of list.split(",")) {
      const name = ITEM.exec(item)?.[1];
      if (name !== undefined && name !== "default") found.set(name, name);
    }
  const own = nameOf(file);
  if (DEFAULT.test(text) && !found.has(own)) found.set(own, "default");
  return found;
}

/** `utils/open-db.ts` and `utils/open-db/index.ts` are both `openDb`. */
function nameOf(file: string): string {
  const stem = path.posix.basename(file).replace(/\.[cm]?[jt]sx?$/, "");
  const name = stem === "index" ? path.posix.basename(path.posix.dirname(file)) : stem;
  return name.replace(/[^A-Za-z0-9$]+([A-Za-z0-9$])/g, (_, letter: string) => letter.toUpperCase());
}

function join(folder: string, inside: string): string {
  return path.posix.join(folder, inside);
}

function isBelow(file: string, folder: string): boolean {
  return folder === "." || file.startsWith(`${folder}/`);
}
