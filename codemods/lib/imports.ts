import { ts } from "ts-morph";
import type { ImportNeed, PlanHost, TextEdit } from "../../src/core/edit.js";
import { nextLine, removal } from "./text.js";
import { isModulePackage, specifierFor } from "./specifier.js";
import { quoted, saysModules, styleOf } from "./style.js";
import type { Style } from "./style.js";
import { boundNames, isReference, oncePerFile, walk } from "./tree.js";
import type { Tree } from "./tree.js";

type ImportStatement =
  | { kind: "import"; specifier: string; statement: ts.ImportDeclaration }
  | { kind: "require"; specifier: string; statement: ts.VariableStatement; declaration: ts.VariableDeclaration };

function importStatements(source: ts.SourceFile): ImportStatement[] {
  const found: ImportStatement[] = [];
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
      found.push({ kind: "import", specifier: statement.moduleSpecifier.text, statement });
    } else if (ts.isVariableStatement(statement)) {
      const [declaration, ...more] = statement.declarationList.declarations;
      const specifier = declaration?.initializer && more.length === 0 ? requiredBy(declaration.initializer) : undefined;
      if (declaration !== undefined && specifier !== undefined) found.push({ kind: "require", specifier, statement, declaration });
    }
  }
  return found;
}

function requiredBy(node: ts.Expression): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== "require") return undefined;
  const [specifier] = node.arguments;
  return specifier !== undefined && ts.isStringLiteral(specifier) ? specifier.text : undefined;
}

/** Where a local name comes from, when the file imports it. */
export function importedFrom(source: ts.SourceFile, local: string): { specifier: string; name: string } | undefined {
  for (const one of importStatements(source)) {
    if (one.kind === "require") {
      const { name } = one.declaration;
      if (ts.isIdentifier(name)) {
        if (name.text === local) return { specifier: one.specifier, name: "=" };
        continue;
      }
      for (const element of ts.isObjectBindingPattern(name) ? name.elements : []) {
        if (ts.isIdentifier(element.name) && element.name.text === local) {
          const imported = element.propertyName;
          return { specifier: one.specifier, name: imported !== undefined && ts.isIdentifier(imported) ? imported.text : local };
        }
      }
      continue;
    }
    const clause = one.statement.importClause;
    if (clause?.name?.text === local) return { specifier: one.specifier, name: "default" };
    const bindings = clause?.namedBindings;
    if (bindings === undefined) continue;
    if (ts.isNamespaceImport(bindings)) {
      if (bindings.name.text === local) return { specifier: one.specifier, name: "*" };
      continue;
    }
    const element = bindings.elements.find(({ name }) => name.text === local);
    if (element !== undefined) return { specifier: one.specifier, name: (element.propertyName ?? element.name).text };
  }
  return undefined;
}

const ALIASES: Record<string, string> = {
  getSession: "getSharedSession",
  transaction: "runInTransaction",
  transactionSync: "runInTransactionSync",
  batchedTransaction: "runInBatches",
  batchedTransactionSync: "runInBatchesSync",
  sessions: "sharedSessions",
};

const declaredNames = oncePerFile((source): ReadonlySet<string> => {
  const declared = new Set<string>();
  walk(source, (node) => {
    if (ts.isIdentifier(node) && !isReference(node) && isBinding(node)) declared.add(node.text);
  });
  return declared;
});

/** The name under which `name` can be imported without meeting another binding of the file. */
export function localNameFor(tree: Tree, name: string, specifier: string | undefined): string {
  const declared = declaredNames(tree.source);
  if (specifier !== undefined) {
    for (const local of declared) {
      const from = importedFrom(tree.source, local);
      if (from !== undefined && from.name === name && from.specifier === specifier) return local;
    }
  }
  return freeName(name, (candidate) => declared.has(candidate));
}

export function freeName(name: string, taken: (name: string) => boolean): string {
  if (!taken(name)) return name;
  const alias = ALIASES[name] ?? `${name}Shared`;
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? alias : `${alias}${count}`;
    if (!taken(candidate)) return candidate;
  }
}

/** A place after the imports, for what does nothing before it is asked: it may stand before what it will use. */
export function afterImports(tree: Tree, statement: string): { start: number; text: string } {
  let last: ts.Statement | undefined;
  for (const one of tree.source.statements) {
    const isRequire = ts.isVariableStatement(one) && /^\s*(const|let|var)\s[^;]*=\s*require\(/.test(one.getText(tree.source));
    if (ts.isImportDeclaration(one) || ts.isImportEqualsDeclaration(one) || isRequire) last = one;
  }
  if (last === undefined) {
    const first = tree.source.statements[0];
    return { start: first?.getStart(tree.source, true) ?? 0, text: `${statement}\n\n` };
  }
  const start = nextLine(tree.text, last.end);
  const terminated = tree.text[start - 1] === "\n";
  return { start, text: `${terminated ? "" : "\n"}\n${statement}\n` };
}

/** An identifier that is neither a member's nor a property's name. */
export function isBinding(node: ts.Identifier): boolean {
  const { parent } = node;
  return !(
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isQualifiedName(parent) && parent.right === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    (ts.isMethodDeclaration(parent) && parent.name === node) ||
    (ts.isPropertyDeclaration(parent) && parent.name === node) ||
    (ts.isPropertySignature(parent) && parent.name === node) ||
    (ts.isMethodSignature(parent) && parent.name === node) ||
    (ts.isGetAccessorDeclaration(parent) && parent.name === node) ||
    (ts.isSetAccessorDeclaration(parent) && parent.name === node) ||
    (ts.isBindingElement(parent) && parent.propertyName === node) ||
    (ts.isImportSpecifier(parent) && parent.propertyName === node)
  );
}

/**
 * Import edits over the edited text of a file: what is needed and not there comes, what was used before and no longer
 * is goes.
 */
export function importEdits(before: ts.SourceFile, after: ts.SourceFile, file: string, needs: readonly ImportNeed[], host: PlanHost): TextEdit[] {
  const style = { ...styleOf(before), modules: modulesOf(before, file, host) };
  const statements = importStatements(after);
  const gone = unusedSince(before, after, needs);
  const edits = removals(after, file, statements, gone);
  const missing = new Map<string, ImportNeed[]>();
  for (const need of needs) {
    const specifier = "package" in need.from ? need.from.package : (need.from.specifier ?? specifierFor(file, need.from.file, host));
    const present = importedFrom(after, need.as ?? need.name);
    if (present !== undefined && present.specifier === specifier) continue;
    const list = missing.get(specifier) ?? [];
    if (!list.some((other) => other.name === need.name && other.as === need.as)) list.push(need);
    missing.set(specifier, list);
  }
  for (const [specifier, list] of missing) {
    edits.push(merge(after, file, statements, gone, specifier, list, style) ?? insert(after, file, statements, specifier, list, style));
  }
  return edits;
}

/** A script that imports nothing yet is what its package says that it is. */
function modulesOf(source: ts.SourceFile, file: string, host: PlanHost): Style["modules"] {
  if (saysModules(source) || !/\.jsx?$/.test(file)) return styleOf(source).modules;
  return isModulePackage(file, host) ? "esm" : "cjs";
}

function nameIn(need: ImportNeed, style: Style): string {
  if (need.as === undefined || need.as === need.name) return need.name;
  return style.modules === "cjs" ? `${need.name}: ${need.as}` : `${need.name} as ${need.as}`;
}

/** Into an import of the same module that is there already. */
function merge(
  source: ts.SourceFile,
  file: string,
  statements: readonly ImportStatement[],
  gone: ReadonlySet<string>,
  specifier: string,
  needs: readonly ImportNeed[],
  style: Style,
): TextEdit | undefined {
  if (needs.some(({ kind }) => kind !== "named")) return undefined;
  const types = needs.every(({ type }) => type === true);
  for (const one of statements) {
    if (one.specifier !== specifier) continue;
    const typeOnly = one.kind === "import" && one.statement.importClause?.isTypeOnly === true;
    const names = needs.map((need) => (need.type === true && !typeOnly ? "type " : "") + nameIn(need, style));
    const pattern =
      one.kind === "require"
        ? ts.isObjectBindingPattern(one.declaration.name)
          ? one.declaration.name
          : undefined
        : (!typeOnly || types) && one.statement.importClause?.namedBindings !== undefined && ts.isNamedImports(one.statement.importClause.namedBindings)
          ? one.statement.importClause.namedBindings
          : undefined;
    // Elements that go away in the same breath make the commas a matter of guessing: a line of its own is right always.
    const elements: readonly (ts.ImportSpecifier | ts.BindingElement)[] = pattern?.elements ?? [];
    const last = elements.at(-1);
    if (last === undefined || elements.some(({ name }) => ts.isIdentifier(name) && gone.has(name.text))) continue;
    const previous = elements.at(-2)?.end ?? pattern?.getStart(source) ?? last.pos;
    const gap = source.text.slice(previous, last.getStart(source)).replace(/^,/, "").replace(/^[^\s]*/, "");
    const separator = gap.includes("\n") ? `,\n${gap.slice(gap.lastIndexOf("\n") + 1)}` : ", ";
    return { file, start: last.end, end: last.end, text: names.map((name) => separator + name).join("") };
  }
  return undefined;
}

/** As a line of its own: packages after packages, files after files. */
function insert(
  source: ts.SourceFile,
  file: string,
  statements: readonly ImportStatement[],
  specifier: string,
  needs: readonly ImportNeed[],
  style: Style,
): TextEdit {
  const lines = importLines(specifier, needs, style);
  const relative = specifier.startsWith(".");
  const alike = statements.filter((one) => one.specifier.startsWith(".") === relative);
  const group = lastGroup(source, alike.length > 0 ? alike : relative ? statements : []);
  // An order of packages says nothing of where the first file of one's own goes: after them.
  const next = alike.length > 0 ? orderedBefore(source, group, specifier) : undefined;
  if (next !== undefined) {
    const at = next.statement.getStart(source);
    return { file, start: at, end: at, text: lines.map((one) => `${one}\n`).join("") };
  }
  const after = group.at(-1);
  if (after !== undefined) {
    const { end } = after.statement;
    const line = source.text.indexOf("\n", end);
    const at = line === -1 ? source.text.length : line + 1;
    return line === -1 ? { file, start: at, end: at, text: `\n${lines.join("\n")}` } : { file, start: at, end: at, text: lines.map((one) => `${one}\n`).join("") };
  }
  const first = statements[0]?.statement;
  if (first !== undefined) {
    const at = first.getStart(source);
    return { file, start: at, end: at, text: lines.map((one) => `${one}\n`).join("") };
  }
  const at = topOf(source);
  return { file, start: at, end: at, text: `${lines.map((one) => `${one}\n`).join("")}\n` };
}

/** The imports at the end that no blank line and no comment parts. */
function lastGroup(source: ts.SourceFile, statements: readonly ImportStatement[]): ImportStatement[] {
  let from = Math.max(statements.length - 1, 0);
  while (from > 0 && /^[^\S\n]*\n[^\S\n]*$/.test(source.text.slice(statements[from - 1]?.statement.end, statements[from]?.statement.getStart(source)))) from--;
  return statements.slice(from);
}

/**
 * The first import that a new one goes before, where the authors keep an order: by letters, which two of them may be by chance, or
 * what is further away first. Nothing goes before an import that is there for what it does, or between one and its comment.
 */
function orderedBefore(source: ts.SourceFile, group: readonly ImportStatement[], specifier: string): ImportStatement | undefined {
  if (group.some((one) => one.kind === "import" && one.statement.importClause === undefined)) return undefined;
  const orders = group.length < 3 ? [byDistance] : [...byLetters, byDistance];
  const order = orders.find((compare) => group.every((one, index) => index === 0 || compare(group[index - 1]?.specifier ?? "", one.specifier) <= 0));
  const next = order && group.find((one) => order(specifier, one.specifier) < 0);
  return next === undefined || (next === group[0] && hasCommentAbove(source, next.statement)) ? undefined : next;
}

type Order = (a: string, b: string) => number;

const byLetters: readonly Order[] = [compareText, (a, b) => compareText(a.toLowerCase(), b.toLowerCase()), (a, b) => byDistance(a, b) || compareText(a.toLowerCase(), b.toLowerCase())];

/** More folders up is further away; the file's own folder is nearest. */
function byDistance(a: string, b: string): number {
  const up = (specifier: string): number => specifier.split("/").filter((part) => part === "..").length;
  return up(b) - up(a);
}

function hasCommentAbove(source: ts.SourceFile, statement: ts.Statement): boolean {
  return (ts.getLeadingCommentRanges(source.text, statement.pos) ?? []).some(({ end }) => !/\n[^\S\n]*\r?\n/.test(source.text.slice(end, statement.getStart(source))));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function importLines(specifier: string, needs: readonly Pick<ImportNeed, "name" | "as" | "kind" | "type">[], style: Style): string[] {
  const from = quoted(specifier, style);
  const named = needs.filter(({ kind }) => kind === "named");
  const names = `{ ${named.map((need) => nameIn({ ...need, file: "", from: { package: specifier } }, style)).join(", ")} }`;
  const fallback = needs.find(({ kind }) => kind === "default");
  if (style.modules === "cjs") {
    return [
      ...(fallback ? [`const ${fallback.as ?? fallback.name} = require(${from})${style.semi}`] : []),
      ...(named.length > 0 ? [`const ${names} = require(${from})${style.semi}`] : []),
    ];
  }
  const bindings = [...(fallback ? [fallback.as ?? fallback.name] : []), ...(named.length > 0 ? [names] : [])].join(", ");
  return [`import ${needs.every(({ type }) => type === true) ? "type " : ""}${bindings} from ${from}${style.semi}`];
}

/** After a hashbang, directives and a header comment; before a comment that belongs to the first statement. */
function topOf(source: ts.SourceFile): number {
  let first: ts.Statement | undefined;
  let at = /^#!.*(\r?\n|$)/.exec(source.text)?.[0].length ?? 0;
  for (const statement of source.statements) {
    if (!ts.isExpressionStatement(statement) || !ts.isStringLiteral(statement.expression)) {
      first = statement;
      break;
    }
    const line = source.text.indexOf("\n", statement.end);
    at = line === -1 ? source.text.length : line + 1;
  }
  for (const comment of ts.getLeadingCommentRanges(source.text, first?.pos ?? at) ?? []) {
    const following = /^[^\S\n]*\n[^\S\n]*\r?\n/.exec(source.text.slice(comment.end));
    if (comment.pos >= at && following !== null) at = comment.end + following[0].length;
  }
  return at;
}

function countReferences(source: ts.SourceFile): Map<string, number> {
  const counts = new Map<string, number>();
  walk(source, (node) => {
    if (ts.isIdentifier(node) && isReference(node)) counts.set(node.text, (counts.get(node.text) ?? 0) + 1);
  });
  return counts;
}

function importedNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  for (const one of importStatements(source)) {
    if (one.kind === "require") for (const { text } of boundNames(one.declaration.name)) names.add(text);
    else {
      const clause = one.statement.importClause;
      if (clause?.name) names.add(clause.name.text);
      const bindings = clause?.namedBindings;
      if (bindings !== undefined && ts.isNamespaceImport(bindings)) names.add(bindings.name.text);
      if (bindings !== undefined && ts.isNamedImports(bindings)) for (const { name } of bindings.elements) names.add(name.text);
    }
  }
  return names;
}

/** What was unused before is the authors' affair and stays. */
function unusedSince(before: ts.SourceFile, after: ts.SourceFile, needs: readonly ImportNeed[]): Set<string> {
  const was = countReferences(before);
  const is = countReferences(after);
  const needed = new Set(needs.map((need) => need.as ?? need.name));
  return new Set([...importedNames(before)].filter((name) => (was.get(name) ?? 0) > 0 && (is.get(name) ?? 0) === 0 && !needed.has(name)));
}

function removals(source: ts.SourceFile, file: string, statements: readonly ImportStatement[], gone: ReadonlySet<string>): TextEdit[] {
  if (gone.size === 0) return [];
  const tree: Tree = { file, text: source.text, source, symbolAt: () => undefined };
  const edits: TextEdit[] = [];
  for (const one of statements) {
    const whole = removal(tree, one.statement.getStart(source), one.statement.end);
    if (one.kind === "require") {
      const { name } = one.declaration;
      const bound = boundNames(name);
      if (bound.length > 0 && bound.every(({ text }) => gone.has(text))) edits.push(whole);
      else if (ts.isObjectBindingPattern(name)) edits.push(...elementRemovals(file, source, name.elements, ({ name: own }) => ts.isIdentifier(own) && gone.has(own.text)));
      continue;
    }
    const clause = one.statement.importClause;
    if (clause === undefined) continue;
    const bindings = clause.namedBindings;
    const elements = bindings !== undefined && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
    const namespaceStays = bindings !== undefined && ts.isNamespaceImport(bindings) && !gone.has(bindings.name.text);
    const defaultGoes = clause.name !== undefined && gone.has(clause.name.text);
    const defaultStays = clause.name !== undefined && !defaultGoes;
    const staying = elements.filter(({ name }) => !gone.has(name.text));
    const anyGoes = defaultGoes || staying.length < elements.length || (bindings !== undefined && ts.isNamespaceImport(bindings) && !namespaceStays);
    if (!anyGoes) continue;
    if (!defaultStays && !namespaceStays && staying.length === 0) edits.push(whole);
    else if (defaultGoes && bindings !== undefined && clause.name !== undefined && (namespaceStays || staying.length > 0)) {
      edits.push({ file, start: clause.name.getStart(source), end: bindings.getStart(source), text: "" });
      edits.push(...elementRemovals(file, source, elements, ({ name }) => gone.has(name.text)));
    } else if (clause.name !== undefined && bindings !== undefined && staying.length === 0 && !namespaceStays) {
      edits.push({ file, start: clause.name.end, end: bindings.end, text: "" });
    } else edits.push(...elementRemovals(file, source, elements, ({ name }) => gone.has(name.text)));
  }
  return edits;
}

function elementRemovals<T extends ts.Node>(file: string, source: ts.SourceFile, elements: readonly T[], goes: (element: T) => boolean): TextEdit[] {
  const edits: TextEdit[] = [];
  let keptBefore: T | undefined;
  for (const [index, element] of elements.entries()) {
    if (!goes(element)) {
      keptBefore = element;
      continue;
    }
    const next = elements[index + 1];
    if (next !== undefined) edits.push({ file, start: element.getStart(source), end: next.getStart(source), text: "" });
    else if (keptBefore !== undefined) {
      // The last ones go with the comma before them; what stood between has its own edit already.
      const from = edits.at(-1)?.end === element.getStart(source) ? edits.splice(-1)[0] : undefined;
      edits.push({ file, start: Math.min(from?.start ?? Infinity, keptBefore.end), end: element.end, text: "" });
    }
  }
  return mergeAdjacent(edits);
}

function mergeAdjacent(edits: TextEdit[]): TextEdit[] {
  const out: TextEdit[] = [];
  for (const edit of edits.sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last !== undefined && last.end >= edit.start) out[out.length - 1] = { ...last, end: Math.max(last.end, edit.end) };
    else out.push(edit);
  }
  return out;
}
