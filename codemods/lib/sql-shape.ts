import { ts } from "ts-morph";
import type { LoopTransactionDetail, } from "../../src/core/finding.js";
import type { TextEdit } from "../../src/core/edit.js";
import { removal } from "./text.js";
import { CannotFix } from "./transform.js";
import { enclosingFunction, isAsync, nodeOf, statementOf } from "./tree.js";
import type { FunctionNode, Tree } from "./tree.js";

/** `BEGIN` … loop … `COMMIT` as statements of one block, with or without a `try` that rolls back. */
export interface SqlShape {
  around: FunctionNode | undefined;
  async: boolean;
  /** The region that is written anew, and what it is made of, in order. BEGIN and COMMIT are left out. */
  first: ts.Statement;
  last: ts.Statement;
  head: ts.Statement[];
  inside: ts.Statement[];
  tail: ts.Statement[];
  /** Where the block's own text begins. */
  bodyStart: number;
  /** The `try` goes, and its statements move out by one level. */
  unwraps: boolean;
  /** BEGIN before the `try`, ROLLBACK in a `catch` that stays. */
  edits: TextEdit[];
}

export function sqlShape(tree: Tree, detail: LoopTransactionDetail): SqlShape {
  const begin = nodeOf(tree.source, detail.transaction, ts.isCallExpression);
  const beginStatement = begin && whole(begin);
  if (begin === undefined || beginStatement === undefined) throw new CannotFix("`BEGIN` is not a statement of its own");
  const [commit, ...moreCommits] = detail.commits.map((span) => nodeOf(tree.source, span, ts.isCallExpression));
  const commitStatement = commit && whole(commit);
  if (commitStatement === undefined || moreCommits.length > 0) throw new CannotFix("the transaction commits in more than one place, or not in a statement of its own");
  const block = commitStatement.parent;
  if (!ts.isBlock(block) && !ts.isSourceFile(block)) throw new CannotFix("`COMMIT` stands inside a condition");
  const attempt = ts.isTryStatement(block.parent) && block.parent.tryBlock === block ? block.parent : undefined;
  const statements = [...block.statements];
  const beginIndex = statements.indexOf(beginStatement);
  const commitIndex = statements.indexOf(commitStatement);
  const around = enclosingFunction(begin);
  const async = around !== undefined && isAsync(around) && detail.asyncContext;
  const outside = beginIndex === -1;
  if (outside && (attempt === undefined || !precedes(beginStatement, attempt))) throw new CannotFix("`BEGIN` and `COMMIT` stand in different blocks");
  const rollbacks = detail.rollbacks.map((span) => nodeOf(tree.source, span, ts.isCallExpression));
  const head = outside ? [] : statements.slice(0, beginIndex);
  const inside = statements.slice(outside ? 0 : beginIndex + 1, commitIndex);
  const tail = statements.slice(commitIndex + 1);
  if (attempt === undefined) {
    if (rollbacks.length > 0) throw new CannotFix("the transaction rolls back outside a `try … catch` around it");
    return { around, async, first: beginStatement, last: commitStatement, head: [], inside, tail: [], bodyStart: beginStatement.end, unwraps: false, edits: [] };
  }
  const { catchClause, finallyBlock } = attempt;
  if (catchClause === undefined) throw new CannotFix("the transaction has a `finally` and no `catch`");
  const edits: TextEdit[] = outside ? [removal(tree, beginStatement.getStart(tree.source), beginStatement.end)] : [];
  const rollbackStatements = rollbacks.map((call) => call && rollbackOf(call));
  if (rollbackStatements.some((statement) => statement === undefined || statement.parent !== catchClause.block)) {
    throw new CannotFix("the transaction rolls back outside its `catch`, or under a condition");
  }
  const rest = catchClause.block.statements.filter((statement) => !rollbackStatements.includes(statement));
  if (finallyBlock === undefined && rest.length === 1 && rest[0] !== undefined && rethrows(rest[0], catchClause)) {
    return { around, async, first: attempt, last: attempt, head, inside, tail, bodyStart: block.getStart(tree.source) + 1, unwraps: true, edits };
  }
  for (const statement of rollbackStatements) {
    if (statement !== undefined) edits.push(removal(tree, statement.getStart(tree.source), statement.end));
  }
  const first = outside ? inside[0] : beginStatement;
  if (first === undefined) throw new CannotFix("the transaction is empty");
  return { around, async, first, last: commitStatement, head: [], inside, tail: [], bodyStart: outside ? block.getStart(tree.source) + 1 : beginStatement.end, unwraps: false, edits };
}

function whole(call: ts.CallExpression): ts.Statement | undefined {
  const statement = statementOf(call);
  if (statement === undefined || !ts.isExpressionStatement(statement)) return undefined;
  let node: ts.Node = call;
  // `db.prepare("BEGIN").run()` is a statement, too.
  while (node.parent !== statement && (ts.isPropertyAccessExpression(node.parent) || ts.isCallExpression(node.parent) || ts.isAwaitExpression(node.parent))) node = node.parent;
  return node.parent === statement ? statement : undefined;
}

/** The call's statement, or the `if (db.inTransaction)` that holds nothing else. */
function rollbackOf(call: ts.CallExpression): ts.Statement | undefined {
  const statement = whole(call);
  if (statement === undefined) return undefined;
  const holder = ts.isBlock(statement.parent) && statement.parent.statements.length === 1 ? statement.parent : statement;
  const { parent } = holder;
  if (ts.isIfStatement(parent) && parent.elseStatement === undefined && parent.thenStatement === holder && /\.inTransaction$/.test(parent.expression.getText())) return parent;
  return statement;
}

function rethrows(statement: ts.Statement, clause: ts.CatchClause): boolean {
  const name = clause.variableDeclaration?.name;
  return ts.isThrowStatement(statement) && name !== undefined && ts.isIdentifier(name) && ts.isIdentifier(statement.expression) && statement.expression.text === name.text;
}

function precedes(first: ts.Statement, second: ts.Statement): boolean {
  const block = first.parent;
  if (block !== second.parent || !(ts.isBlock(block) || ts.isSourceFile(block))) return false;
  return block.statements.indexOf(second) === block.statements.indexOf(first) + 1;
}
