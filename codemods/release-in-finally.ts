import { ts } from "ts-morph";
import { Rewrite } from "./lib/rewrite.js";
import { styleOf } from "./lib/style.js";
import { indentAt, startsLine } from "./lib/text.js";
import { CannotFix, newGroup } from "./lib/transform.js";
import type { Transform } from "./lib/transform.js";
import { boundNames, nodeOf, statementOf, walk } from "./lib/tree.js";

const NAME = "release-in-finally";

/** What was taken out of a pool is given back in a `finally`, where the function itself takes it and gives it back. */
export const releaseInFinally: Transform = {
  name: NAME,
  applies: ({ rule }) => rule === "require-release",
  plan(finding, context) {
    const { file, span, detail } = finding;
    if (detail.kind !== "release" || finding.fix === "manual") throw new CannotFix(finding.fixReason ?? "give it back in a `finally`");
    const tree = context.trees.get(file);
    const call = tree && nodeOf(tree.source, span, ts.isCallExpression);
    const taking = call && statementOf(call);
    if (tree === undefined || call === undefined || taking === undefined) throw new CannotFix(`the taking is not to be found in ${file} any more`);
    const { source, text } = tree;
    const [declaration, more] = ts.isVariableStatement(taking) ? taking.declarationList.declarations : [];
    if (declaration === undefined || more !== undefined || !ts.isIdentifier(declaration.name)) throw new CannotFix("it is not kept in a variable of its own");
    const { parent } = taking;
    if (!ts.isBlock(parent) && !ts.isSourceFile(parent)) throw new CannotFix("it is not taken in a block of its own");
    const name = declaration.name.text;
    const rest = parent.statements.slice(parent.statements.indexOf(taking) + 1);
    const at = rest.findIndex((statement) => isRelease(statement, name, detail.releases));
    const release = rest[at];
    const inside = release === undefined ? rest : rest.slice(0, at);
    const [first] = inside;
    const last = inside.at(-1);
    if (first === undefined || last === undefined) throw new CannotFix("nothing stands between the taking and the end");
    if (inside.some((statement) => mentionsRelease(statement, name, detail.releases))) throw new CannotFix("it is given back on some paths already: put all of them into one `finally`");
    // Given back as it is, a connection takes an open transaction along to whoever gets it next.
    if (inside.some(beginsTransaction)) throw new CannotFix("a transaction is begun on it: roll that back in a `catch` first, or the next user of the connection works inside it");
    const declares = new Set(inside.flatMap(namesOf));
    const later = release === undefined ? [] : rest.slice(at + 1);
    const lost = later.flatMap((statement) => namesUsed(statement)).find((used) => declares.has(used));
    if (lost !== undefined) throw new CannotFix(`\`${lost}\` is used after it is given back: declare it before the \`try\``);

    const style = styleOf(source);
    const outer = indentAt(text, taking.getStart(source));
    const inner = outer + style.indent;
    const given = release?.getText(source) ?? `${detail.waits ? "await " : ""}${name}.${detail.releases[0] ?? "release"}()${style.semi}`;
    // What is said of the first statement goes with it.
    const said = ts.getLeadingCommentRanges(text, first.pos)?.find(({ pos }) => startsLine(text, pos));
    const start = said?.pos ?? first.getStart(source);
    const end = last.end;
    const out = new Rewrite(tree, start);
    out.write(`try {\n${inner}`);
    out.keepAt(start, end, outer, inner);
    out.write(`\n${outer}} finally {\n${inner}${given}\n${outer}}`);
    const group = newGroup(NAME, finding);
    group.edits.push(...out.finish(release?.end ?? end));
    group.claims = [{ file, start, end: release?.end ?? end }];
    return group;
  },
};

/** `client.release();`, `await connection.end();`, alone in its statement. */
function isRelease(statement: ts.Statement, name: string, releases: readonly string[]): boolean {
  if (!ts.isExpressionStatement(statement)) return false;
  const { expression } = statement;
  const call = ts.isAwaitExpression(expression) ? expression.expression : expression;
  return isReleaseCall(call, name, releases);
}

function isReleaseCall(call: ts.Node, name: string, releases: readonly string[]): boolean {
  return ts.isCallExpression(call) && ts.isPropertyAccessExpression(call.expression) && ts.isIdentifier(call.expression.expression) && call.expression.expression.text === name && releases.includes(call.expression.name.text);
}

function mentionsRelease(statement: ts.Statement, name: string, releases: readonly string[]): boolean {
  let found = false;
  walk(statement, (node) => {
    if (isReleaseCall(node, name, releases)) found = true;
  });
  return found;
}

/** Begins a transaction, by SQL or by a method, or hands the connection on to what may. */
function beginsTransaction(statement: ts.Statement): boolean {
  let found = false;
  walk(statement, (node) => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node)) found ||= /^\s*(BEGIN|START\s+TRANSACTION|SET\s+AUTOCOMMIT)\b/i.test(node.text);
    if (ts.isPropertyAccessExpression(node)) found ||= /^(begin|beginTransaction|startTransaction)$/i.test(node.name.text);
  });
  return found;
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name).map(({ text }) => text));
  return (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name !== undefined ? [statement.name.text] : [];
}

function namesUsed(statement: ts.Statement): string[] {
  const names: string[] = [];
  walk(statement, (node) => {
    if (ts.isIdentifier(node)) names.push(node.text);
  });
  return names;
}
