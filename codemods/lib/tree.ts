import { Project, ts } from "ts-morph";
import { withoutBom } from "../../src/core/edit.js";
import type { PlanHost } from "../../src/core/edit.js";

/** One file as the transforms read it. Offsets are those of `text`, which has no byte order mark. */
export interface Tree {
  file: string;
  text: string;
  source: ts.SourceFile;
  /** Resolves bindings within the file. Imports are not followed. */
  symbolAt(node: ts.Node): ts.Symbol | undefined;
}

/** The files of one plan, parsed when first asked for. ts-morph only reads: nothing is ever manipulated through it. */
export class Trees {
  readonly #project = new Project({
    useInMemoryFileSystem: true,
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    skipLoadingLibFiles: true,
    compilerOptions: { allowJs: true, noLib: true, noResolve: true, types: [], target: ts.ScriptTarget.Latest },
  });
  readonly #trees = new Map<string, Tree | undefined>();

  constructor(readonly host: PlanHost) {}

  get(file: string): Tree | undefined {
    if (!this.#trees.has(file)) this.#trees.set(file, this.#load(file));
    return this.#trees.get(file);
  }

  #load(file: string): Tree | undefined {
    const raw = this.host.read(file);
    if (raw === undefined) return undefined;
    const text = withoutBom(raw);
    const added = this.#project.createSourceFile(`/${file}`, text, { overwrite: true });
    const source = added.compilerNode;
    const project = this.#project;
    return { file, text, source, symbolAt: (node) => project.getTypeChecker().compilerObject.getSymbolAtLocation(node) };
  }
}

/** A question about a file that is asked for each of its fixes, and answered once. */
export function oncePerFile<T>(answer: (source: ts.SourceFile) => T): (source: ts.SourceFile) => T {
  const known = new WeakMap<ts.SourceFile, { value: T }>();
  return (source) => {
    let found = known.get(source);
    if (found === undefined) {
      found = { value: answer(source) };
      known.set(source, found);
    }
    return found.value;
  };
}

/** Parses a text on its own, for what must be looked at after the edits. */
export function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, withoutBom(text), ts.ScriptTarget.Latest, true, scriptKind(file));
}

function scriptKind(file: string): ts.ScriptKind {
  if (file.endsWith(".tsx")) return ts.ScriptKind.TSX;
  if (file.endsWith(".jsx")) return ts.ScriptKind.JSX;
  if (/\.[cm]?ts$/.test(file)) return ts.ScriptKind.TS;
  return ts.ScriptKind.JSX;
}

/** The outermost node that covers exactly this range, leading comments aside. */
export function nodeAt(source: ts.SourceFile, start: number, end: number): ts.Node | undefined {
  let found: ts.Node | undefined;
  const visit = (node: ts.Node): void => {
    if (found !== undefined || node.pos > start || node.end < end) return;
    if (node.end === end && node.getStart(source) === start && node !== source) {
      found = node;
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The node at this range that passes the test, when several share it (`f()` as expression and as its statement). */
export function nodeOf<T extends ts.Node>(
  source: ts.SourceFile,
  range: { start: number; end: number },
  test: (node: ts.Node) => node is T,
): T | undefined {
  let found: T | undefined;
  const visit = (node: ts.Node): void => {
    if (found !== undefined || node.pos > range.start || node.end < range.end) return;
    if (node.end === range.end && node.getStart(source) === range.start && test(node)) {
      found = node;
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The function of this range, which may begin behind its modifiers, or at a method's parameters. */
export function functionOf(source: ts.SourceFile, range: { start: number; end: number }): FunctionNode | undefined {
  let found = nodeOf(source, range, isFunction);
  if (found !== undefined) return found;
  walk(source, (node) => {
    if (isFunction(node) && node.end === range.end && node.getStart(source) <= range.start) found = node;
  });
  return found;
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Walks without entering functions and classes: what runs as part of `node` itself. */
export function walkOwn(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => {
    if (!isFunction(child) && !ts.isClassLike(child)) walkOwn(child, visit);
  });
}

export type FunctionNode =
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.MethodDeclaration
  | ts.GetAccessorDeclaration
  | ts.SetAccessorDeclaration
  | ts.ConstructorDeclaration;

export function isFunction(node: ts.Node): node is FunctionNode {
  return (
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isGetAccessorDeclaration(node) ||
    ts.isSetAccessorDeclaration(node) ||
    ts.isConstructorDeclaration(node)
  );
}

export function isCallLike(node: ts.Node): node is ts.CallExpression | ts.TaggedTemplateExpression {
  return ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node);
}

export function ancestor<T extends ts.Node>(node: ts.Node, test: (node: ts.Node) => node is T): T | undefined {
  let current: ts.Node | undefined = node.parent;
  while (current !== undefined && !test(current)) current = current.parent;
  return current;
}

export function enclosingFunction(node: ts.Node): FunctionNode | undefined {
  return ancestor(node, isFunction);
}

export function isAsync(node: FunctionNode): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ?? false);
}

/** Around what a value passes through unchanged: parentheses, `!`, `as T`, `satisfies T`. */
export function unwrap(node: ts.Expression): ts.Expression {
  let current = node;
  while (
    ts.isParenthesizedExpression(current) ||
    ts.isNonNullExpression(current) ||
    ts.isAsExpression(current) ||
    ts.isSatisfiesExpression(current)
  ) {
    current = current.expression;
  }
  return current;
}

export function statementOf(node: ts.Node): ts.Statement | undefined {
  let current: ts.Node | undefined = node;
  while (current !== undefined && !ts.isSourceFile(current)) {
    if (ts.isStatement(current) && !ts.isBlock(current)) return current;
    if (isFunction(current) && !ts.isFunctionDeclaration(current)) {
      // An arrow's expression body belongs to no statement of its own.
      return undefined;
    }
    current = current.parent;
  }
  return undefined;
}

/** Names bound by a declaration's name or pattern. */
export function boundNames(name: ts.BindingName): ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : boundNames(element.name)));
}

/** An identifier that stands for a value or type, not for a property's, member's or import's name. */
export function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isPropertyAssignment(parent) || ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent) || ts.isPropertySignature(parent)) {
    return parent.name !== node;
  }
  if (ts.isGetAccessorDeclaration(parent) || ts.isSetAccessorDeclaration(parent) || ts.isMethodSignature(parent)) return false;
  if (ts.isVariableDeclaration(parent) || ts.isParameter(parent)) return parent.initializer === node;
  if (ts.isFunctionDeclaration(parent) || ts.isFunctionExpression(parent) || ts.isClassLike(parent)) return parent.name !== node;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent)) return false;
  if (ts.isExportSpecifier(parent)) return (parent.propertyName ?? parent.name) === node;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  return true;
}

/** All identifiers by which the binding declared as `name` is used, within `scope`. */
export function referencesTo(tree: Tree, name: ts.Identifier, scope: ts.Node): ts.Identifier[] {
  const symbol = tree.symbolAt(name);
  const found: ts.Identifier[] = [];
  walk(scope, (node) => {
    if (node !== name && ts.isIdentifier(node) && node.text === name.text && isReference(node) && resolve(tree, node) === symbol) found.push(node);
  });
  return found;
}

/** The symbol an identifier means; in `{ x }` that is the variable, not the property. */
export function resolve(tree: Tree, node: ts.Identifier): ts.Symbol | undefined {
  const symbol = tree.symbolAt(node);
  if (ts.isShorthandPropertyAssignment(node.parent) && node.parent.name === node) {
    return symbolInScope(tree, node.parent, node.text);
  }
  return symbol;
}

/** What a name means at a place, by its nearest declaration: the checker's own answer for a shorthand is the property. */
export function symbolInScope(tree: Tree, place: ts.Node, name: string): ts.Symbol | undefined {
  for (let scope: ts.Node | undefined = place; scope !== undefined; scope = scope.parent) {
    const found = declaredIn(scope, name);
    if (found !== undefined) return tree.symbolAt(found);
  }
  return undefined;
}

function declaredIn(scope: ts.Node, name: string): ts.Identifier | undefined {
  if (isFunction(scope)) {
    for (const parameter of scope.parameters) {
      const hit = boundNames(parameter.name).find((bound) => bound.text === name);
      if (hit !== undefined) return hit;
    }
  }
  return declarationsOf(scope).find((bound) => bound.text === name);
}

/** The names that the statements of a block, loop head, `catch` or file declare directly in it. */
export function declarationsOf(scope: ts.Node): ts.Identifier[] {
  const lists: readonly ts.VariableDeclarationList[] =
    (ts.isForStatement(scope) || ts.isForOfStatement(scope) || ts.isForInStatement(scope)) &&
    scope.initializer !== undefined &&
    ts.isVariableDeclarationList(scope.initializer)
      ? [scope.initializer]
      : [];
  const names = lists.flatMap((list) => list.declarations.flatMap(({ name }) => boundNames(name)));
  if (ts.isCatchClause(scope) && scope.variableDeclaration !== undefined) names.push(...boundNames(scope.variableDeclaration.name));
  if (!ts.isBlock(scope) && !ts.isSourceFile(scope) && !ts.isCaseOrDefaultClause(scope) && !ts.isModuleBlock(scope)) return names;
  for (const statement of scope.statements) {
    if (ts.isVariableStatement(statement)) {
      names.push(...statement.declarationList.declarations.flatMap(({ name }) => boundNames(name)));
    } else if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isEnumDeclaration(statement)) && statement.name) {
      names.push(statement.name);
    } else if (ts.isImportDeclaration(statement) && statement.importClause !== undefined) {
      const { name, namedBindings } = statement.importClause;
      if (name !== undefined) names.push(name);
      if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings)) names.push(namedBindings.name);
      if (namedBindings !== undefined && ts.isNamedImports(namedBindings)) names.push(...namedBindings.elements.map((element) => element.name));
    }
  }
  return names;
}
