import { ts } from "ts-morph";
import { librariesOf, libraryWithId } from "../../src/core/catalogue/index.js";
import type { ArgumentPath, Library, OpenPattern } from "../../src/core/catalogue/library.js";
import type { SessionPerCallDetail } from "../../src/core/finding.js";
import { makerOf } from "./client-maker.js";
import type { Maker } from "./client-maker.js";
import { isCreation } from "./factory.js";
import type { Creation } from "./factory.js";
import { enclosingFunction, referencesTo, unwrap } from "./tree.js";
import type { Tree } from "./tree.js";

/** A constant that only carries a part to what is made of it: `const client = new Database(…)`, and the one place that names it. */
export interface Carrier {
  use: ts.Identifier;
  statement: ts.VariableStatement;
  value: Creation;
}

/** What is shared: the session as it is opened, with the wrappers that are made around it. */
export interface Opening {
  /** The outermost of the parts. */
  whole: Creation;
  /** Inner first: `new Database(…)`, `new SqliteDialect(…)`, `new Kysely(…)`. */
  parts: Creation[];
  carriers: Carrier[];
  /** What it is that callers get. */
  library: Library | undefined;
  /** The argument that says which database, where the session's library has one. */
  key?: ts.Expression;
  pattern?: OpenPattern;
}

/** The parts of a session that is opened at `open`; `closes` are the calls that go with the fix. */
export function openingOf(tree: Tree, open: Creation, detail: SessionPerCallDetail): Opening {
  const parts = [open];
  const carriers: Carrier[] = [];
  let library = libraryWithId(detail.library);
  const pattern = patternOf(tree, open, library);
  for (let current = open; ; ) {
    const found = wrapperAround(tree, current) ?? carriedOn(tree, current, detail);
    if (found === undefined) break;
    if (found.carrier !== undefined) carriers.push(found.carrier);
    parts.push(found.wrapper);
    current = found.wrapper;
    library = found.library;
  }
  const key = pattern?.key === undefined || pattern.shareable === true ? undefined : argumentOf(open, pattern.key);
  return { whole: parts.at(-1) ?? open, parts, carriers, library, ...(key === undefined ? {} : { key }), ...(pattern === undefined ? {} : { pattern }) };
}

const bare = (path: string): string => path.replace(/^default(\.|$)/, "");

function patternOf(tree: Tree, open: Creation, library: Library | undefined): OpenPattern | undefined {
  const maker = makerOf(tree.source, open);
  return library?.opens.find(({ path, by }) => (by === "both" || (by === "new") === ts.isNewExpression(open)) && (maker === undefined || bare(path) === bare(maker.name))) ?? library?.opens[0];
}

/** An argument, or a property of one, by its path in the catalogue. */
export function argumentOf(made: Creation, path: ArgumentPath): ts.Expression | undefined {
  const [index, ...names] = path.split(".");
  let value: ts.Expression | undefined = made.arguments?.[Number(index)];
  for (const name of names) {
    const object = value && unwrap(value);
    if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined;
    value = undefined;
    for (const property of object.properties) {
      if (property.name?.getText() !== name) continue;
      if (ts.isPropertyAssignment(property)) value = property.initializer;
      else if (ts.isShorthandPropertyAssignment(property)) value = property.name;
    }
  }
  // `drizzle({ … })` names the database inside, if at all.
  return value === undefined || ts.isSpreadElement(value) || (names.length === 0 && ts.isObjectLiteralExpression(unwrap(value))) ? undefined : value;
}

/** The wrapper that takes this expression as its client. */
function wrapperOver(tree: Tree, client: ts.Expression): { wrapper: Creation; library: Library } | undefined {
  let node: ts.Node = client;
  while (ts.isParenthesizedExpression(node.parent) || ts.isAsExpression(node.parent) || ts.isPropertyAssignment(node.parent) || ts.isShorthandPropertyAssignment(node.parent) || ts.isObjectLiteralExpression(node.parent)) node = node.parent;
  const { parent: wrapper } = node;
  const maker = isCreation(wrapper) ? makerOf(tree.source, wrapper) : undefined;
  if (!isCreation(wrapper) || maker === undefined) return undefined;
  const library = wrapping(maker).find(({ wraps }) => wraps.some(({ path, client: at }) => bare(path) === bare(maker.name) && isAt(wrapper, at, client)));
  return library && { wrapper, library };
}

function isAt(wrapper: Creation, path: ArgumentPath, client: ts.Expression): boolean {
  const given = argumentOf(wrapper, path);
  return given !== undefined && unwrap(given) === client;
}

const wrapping = (maker: Maker): readonly Library[] => librariesOf(maker.package);

function wrapperAround(tree: Tree, client: Creation): { wrapper: Creation; library: Library; carrier?: undefined } | undefined {
  return wrapperOver(tree, client);
}

/**
 * By way of a constant that nothing else uses. Only for wrappers that must be shared themselves: the others keep nothing, and are made anew
 * over the shared session.
 */
function carriedOn(tree: Tree, made: Creation, detail: SessionPerCallDetail): { wrapper: Creation; library: Library; carrier: Carrier } | undefined {
  const declaration = made.parent;
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer !== made || !ts.isIdentifier(declaration.name)) return undefined;
  const list = declaration.parent;
  const fn = enclosingFunction(made);
  if (!ts.isVariableDeclarationList(list) || list.declarations.length !== 1 || !ts.isVariableStatement(list.parent) || fn === undefined) return undefined;
  const uses = referencesTo(tree, declaration.name, fn).filter((use) => !detail.closes.some(({ file, span }) => file === tree.file && span.start <= use.pos + use.getLeadingTriviaWidth() && use.end <= span.end));
  const [use] = uses;
  if (use === undefined || uses.length > 1) return undefined;
  const over = wrapperOver(tree, use);
  if (over?.library.sharing === undefined || enclosingFunction(over.wrapper) !== fn) return undefined;
  return { ...over, carrier: { use, statement: list.parent, value: made } };
}

/** The text of a node in which some nodes are written otherwise. */
export function textWith(node: ts.Node, others: ReadonlyMap<ts.Node, string>): string {
  const source = node.getSourceFile();
  const start = node.getStart(source);
  const swaps: { start: number; end: number; text: string }[] = [];
  const visit = (one: ts.Node): void => {
    const text = others.get(one);
    if (text === undefined) {
      ts.forEachChild(one, visit);
      return;
    }
    const name = ts.isShorthandPropertyAssignment(one.parent) && one.parent.name === one ? `${one.getText(source)}: ` : "";
    swaps.push({ start: one.getStart(source) - start, end: one.end - start, text: name + text });
  };
  visit(node);
  return swaps.sort((a, b) => b.start - a.start).reduce((text, swap) => text.slice(0, swap.start) + swap.text + text.slice(swap.end), node.getText(source));
}
