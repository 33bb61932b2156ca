import { ts } from "ts-morph";
import { quoted, styleOf } from "./lib/style.js";
import { indentAt } from "./lib/text.js";
import { CannotFix, judge, newGroup } from "./lib/transform.js";
import type { Transform } from "./lib/transform.js";
import { nodeAt, nodeOf, statementOf, walk } from "./lib/tree.js";
import type { Tree } from "./lib/tree.js";
import { useSharedSession } from "./use-shared-session.js";

const NAME = "tune-engine";

/** Milliseconds: long enough for any short transaction, short enough to be noticed. */
const TIMEOUT = 10_000;

/** What each pragma is set to. https://www.sqlite.org/pragma.html */
const VALUES: Readonly<Record<string, string>> = { journal_mode: "WAL", foreign_keys: "ON", busy_timeout: "5000", synchronous: "NORMAL" };

/** How a session of each library runs a pragma, as a statement without its end. Other libraries open before they connect: their settings are the options'. */
const WAYS: Readonly<Record<string, (session: string, pragma: string, quote: (text: string) => string) => string>> = {
  "better-sqlite3": (session, pragma, quote) => `${session}.pragma(${quote(pragma)})`,
  "node:sqlite": (session, pragma, quote) => `${session}.exec(${quote(`PRAGMA ${pragma}`)})`,
  "bun:sqlite": (session, pragma, quote) => `${session}.run(${quote(`PRAGMA ${pragma}`)})`,
  libsql: (session, pragma, quote) => `${session}.pragma(${quote(pragma)})`,
};

/** Pragmas that a session lacks are set right after it is opened; a busy timeout that freezes the process becomes 10 s. */
export const tuneEngine: Transform = {
  name: NAME,
  applies: ({ rule }) => rule === "require-engine-config" || rule === "no-long-busy-timeout",
  plan(finding, context) {
    const tree = context.trees.get(finding.file);
    if (tree === undefined) throw new CannotFix(`${finding.file} could not be read`);
    // Where the session comes from the session module from now on, it is that module's to set up.
    if (context.groups.some(({ transform, edits }) => transform === useSharedSession.name && edits.some(({ file, start, end }) => file === finding.file && start < finding.span.end && finding.span.start < end))) throw new CannotFix("the session is shared by a fix of its own: make that first, and set this up where it is opened then");
    if (finding.fix === "manual") throw new CannotFix(finding.fixReason ?? "set the pragmas where the session is opened");
    const group = newGroup(NAME, finding);
    group.edits.push(finding.rule === "no-long-busy-timeout" ? shorter(tree, finding.span) : missing(tree, finding.span, finding.library, finding.detail.kind === "engine-config" ? finding.detail.pragmas : []));
    return judge(group, [finding.fixReason ?? "it changes how the session works"]);
  },
};

function missing(tree: Tree, span: { start: number; end: number }, library: string, pragmas: readonly string[]): { file: string; start: number; end: number; text: string } {
  const { source, text, file } = tree;
  const way = WAYS[library];
  if (way === undefined) throw new CannotFix(`${library} has no way to run a pragma before it is used: set ${pragmas.join(", ")} in its options or in a hook of its pool`);
  const open = nodeOf(source, span, (node): node is ts.NewExpression | ts.CallExpression => ts.isNewExpression(node) || ts.isCallExpression(node));
  const statement = open && statementOf(open);
  const declaration = open?.parent;
  const session = declaration !== undefined && holder(declaration, open, source);
  if (statement === undefined || typeof session !== "string" || (!ts.isBlock(statement.parent) && !ts.isSourceFile(statement.parent))) throw new CannotFix("the session is not kept where it is opened: set its pragmas where it gets a name");
  const style = styleOf(source);
  const indent = indentAt(text, statement.getStart(source));
  const lines = pragmas.map((pragma) => `\n${indent}${way(session, `${pragma} = ${VALUES[pragma] ?? ""}`, (sql) => quoted(sql, style))}${style.semi}`);
  // What is said of the opening on its line stays there.
  const said = /^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*\*\/[ \t]*)(?=\r?\n|$)/.exec(text.slice(statement.end));
  const at = statement.end + (said?.[0].length ?? 0);
  return { file, start: at, end: at, text: lines.join("") };
}

/** `const db = open`, `this.db = open`: what the session is called in the next statement. */
function holder(parent: ts.Node, open: ts.Node | undefined, source: ts.SourceFile): string | undefined {
  if (ts.isVariableDeclaration(parent) && parent.initializer === open && ts.isIdentifier(parent.name) && ts.isVariableDeclarationList(parent.parent) && parent.parent.declarations.length === 1 && ts.isVariableStatement(parent.parent.parent)) return parent.name.text;
  if (ts.isBinaryExpression(parent) && parent.right === open && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isExpressionStatement(parent.parent) && /^[\w$.]+$/.test(parent.left.getText(source))) return parent.left.getText(source);
  return undefined;
}

/** The one number in the place that is too long, in milliseconds. */
function shorter(tree: Tree, span: { start: number; end: number }): { file: string; start: number; end: number; text: string } {
  const { source, text, file } = tree;
  const node = nodeAt(source, span.start, span.end);
  const found: { start: number; end: number; text: string }[] = [];
  const take = (number: ts.NumericLiteral): void => {
    if (Number(number.text) > TIMEOUT) found.push({ start: number.getStart(source), end: number.end, text: number.getText(source).includes("_") ? "10_000" : String(TIMEOUT) });
  };
  if (node !== undefined) {
    walk(node, (each) => {
      if (ts.isPropertyAssignment(each) && /timeout$/i.test(each.name.getText(source)) && ts.isNumericLiteral(each.initializer)) take(each.initializer);
      if (ts.isStringLiteralLike(each)) {
        const start = each.getStart(source);
        const match = /busy_timeout\s*[=(]\s*(\d+)/i.exec(text.slice(start, each.end));
        const digits = match?.[1];
        if (match !== null && digits !== undefined && Number(digits) > TIMEOUT) {
          const at = start + match.index + match[0].length - digits.length;
          found.push({ start: at, end: at + digits.length, text: String(TIMEOUT) });
        }
      }
    });
  }
  const [only, more] = found;
  if (only === undefined || more !== undefined) throw new CannotFix("the number is not written here: make it 10 s where it is");
  return { file, ...only };
}
