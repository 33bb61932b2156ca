import { ts } from "ts-morph";
import type { PlanHost } from "../../src/core/edit.js";
import { parse, walk } from "./tree.js";

const EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

export function dirname(file: string): string {
  const at = file.lastIndexOf("/");
  return at === -1 ? "" : file.slice(0, at);
}

export function joinPath(dir: string, relative: string): string {
  const parts = dir === "" ? [] : dir.split("/");
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

export function extensionOf(file: string): string {
  return /\.d\.[cm]?ts$/.exec(file)?.[0] ?? /\.[cm]?[jt]sx?$/.exec(file)?.[0] ?? "";
}

function relativePath(fromDir: string, to: string): string {
  const from = fromDir === "" ? [] : fromDir.split("/");
  const target = to.split("/");
  let common = 0;
  while (common < from.length && common < target.length - 1 && from[common] === target[common]) common++;
  const up = from.slice(common).map(() => "..");
  const path = [...up, ...target.slice(common)].join("/");
  return up.length > 0 ? path : `./${path}`;
}

/** The file that a relative specifier means, by Node's and the bundlers' rules. */
export function resolveRelative(from: string, specifier: string, host: PlanHost): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const base = joinPath(dirname(from), specifier);
  const stem = base.replace(/\.([cm]?)jsx?$/, "");
  const written = /\.([cm]?)js(x?)$/.exec(base);
  const candidates = [
    base,
    ...(written ? [`${stem}.${written[1] ?? ""}ts`, `${stem}.tsx`] : []),
    ...EXTENSIONS.map((extension) => base + extension),
    ...EXTENSIONS.map((extension) => `${base}/index${extension}`),
  ];
  return candidates.find((candidate) => extensionOf(candidate) !== "" && host.exists(candidate));
}

type Suffix = "js" | "ts" | "none";

/** How a file names its neighbours; `undefined` when it names none. */
function suffixHabit(file: string, text: string): Suffix | undefined {
  const counts: Record<Suffix, number> = { js: 0, ts: 0, none: 0 };
  for (const specifier of relativeSpecifiers(file, text)) {
    const extension = extensionOf(specifier);
    if (extension === "") counts.none++;
    else if (/^\.[cm]?tsx?$/.test(extension)) counts.ts++;
    else counts.js++;
  }
  const [best] = (Object.entries(counts) as [Suffix, number][]).sort((a, b) => b[1] - a[1]);
  return best !== undefined && best[1] > 0 ? best[0] : undefined;
}

function relativeSpecifiers(file: string, text: string): string[] {
  const found: string[] = [];
  walk(parse(file, text), (node) => {
    const specifier =
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "require"
          ? node.arguments[0]
          : undefined;
    if (specifier !== undefined && ts.isStringLiteral(specifier) && specifier.text.startsWith(".")) found.push(specifier.text);
  });
  return found;
}

const NEIGHBOURS_ASKED = 40;

function suffixFor(from: string, host: PlanHost): Suffix {
  const own = suffixHabit(from, host.read(from) ?? "");
  if (own !== undefined) return own;
  const extension = extensionOf(from);
  const neighbours = host
    .list()
    .filter((file) => file !== from && extensionOf(file) === extension)
    .sort((a, b) => Number(dirname(b) === dirname(from)) - Number(dirname(a) === dirname(from)))
    .slice(0, NEIGHBOURS_ASKED);
  for (const file of neighbours) {
    const habit = suffixHabit(file, host.read(file) ?? "");
    if (habit !== undefined) return habit;
  }
  if (/^\.[cm]js$/.test(extension)) return extension === ".cjs" ? "none" : "js";
  return isNativeEsm(from, host) ? "js" : "none";
}

/** The nearest package.json says `"type": "module"`. */
export function isModulePackage(file: string, host: PlanHost): boolean {
  for (let dir = dirname(file); ; dir = dirname(dir)) {
    const manifest = host.read(dir === "" ? "package.json" : `${dir}/package.json`);
    if (manifest !== undefined) return /"type"\s*:\s*"module"/.test(manifest);
    if (dir === "") return false;
  }
}

/** The nearest package.json says `"type": "module"`, or the nearest tsconfig resolves as Node does. */
function isNativeEsm(from: string, host: PlanHost): boolean {
  for (let dir: string | undefined = dirname(from); dir !== undefined; dir = dir === "" ? undefined : dirname(dir)) {
    const at = (name: string): string | undefined => host.read(dir === "" ? name : `${dir}/${name}`);
    const config = at("tsconfig.json");
    if (config !== undefined && /"module(Resolution)?"\s*:\s*"bundler"/i.test(config)) return false;
    if (config !== undefined && /"module(Resolution)?"\s*:\s*"node(next|1[68]|20)"/i.test(config)) return true;
    const manifest = at("package.json");
    if (manifest !== undefined) return /"type"\s*:\s*"module"/.test(manifest);
  }
  return false;
}

/** The specifier by which `from` imports `to`, with or without an extension as the file's neighbours do. */
export function specifierFor(from: string, to: string, host: PlanHost): string {
  const extension = extensionOf(to);
  const stem = relativePath(dirname(from), to.slice(0, to.length - extension.length));
  const suffix = suffixFor(from, host);
  if (suffix === "ts") return stem + extension;
  if (suffix === "js") return stem + extension.replace("ts", "js").replace(/x$/, "");
  return stem;
}
