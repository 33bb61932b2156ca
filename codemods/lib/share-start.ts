import { ts } from "ts-morph";
import { keptIn } from "./factory.js";
import type { Creation } from "./factory.js";
import { CannotFix } from "./transform.js";
import { enclosingFunction, referencesTo, statementOf, unwrap } from "./tree.js";
import type { Tree } from "./tree.js";

export interface Start {
  method: string;
  /** `new DataSource(…).initialize()`, where it stands there at once. */
  outer?: ts.CallExpression;
  /** `await dataSource.initialize();`, which goes. */
  statement?: ts.Statement;
}

/** Where what was made is opened, by a method of its own: what is shared is open already. */
export function startOf(tree: Tree, made: Creation, method: string): Start {
  const { parent } = made;
  if (ts.isPropertyAccessExpression(parent) && parent.name.text === method && ts.isCallExpression(parent.parent) && parent.parent.arguments.length === 0) return { method, outer: parent.parent };
  const kept = keptIn(made);
  const fn = enclosingFunction(made);
  const declared = statementOf(made);
  if (kept === undefined || fn === undefined || declared === undefined || !ts.isVariableDeclaration(kept.parent)) throw new CannotFix(`where \`${method}()\` is called on what is made here cannot be told`);
  const [first] = referencesTo(tree, kept, fn).sort((a, b) => a.pos - b.pos);
  const call = first && startedBy(first, method);
  const statement = call && startStatement(call, kept.text);
  if (statement === undefined || statement.parent !== declared.parent) throw new CannotFix(`\`${kept.text}\` is not opened by a plain \`await ${kept.text}.${method}()\` right after it is made`);
  return { method, statement };
}

function startedBy(use: ts.Identifier, method: string): ts.CallExpression | undefined {
  // `if (!dataSource.isInitialized) await dataSource.initialize();`
  const test = ts.findAncestor(use, ts.isIfStatement);
  if (test !== undefined && test.expression.pos <= use.pos && use.end <= test.expression.end) {
    const only = ts.isBlock(test.thenStatement) ? test.thenStatement.statements[0] : test.thenStatement;
    const value = only !== undefined && ts.isExpressionStatement(only) && ts.isAwaitExpression(only.expression) ? unwrap(only.expression.expression) : undefined;
    return value !== undefined && ts.isCallExpression(value) && value.expression.getText() === `${use.text}.${method}` ? value : undefined;
  }
  const { parent } = use;
  return ts.isPropertyAccessExpression(parent) && parent.name.text === method && ts.isCallExpression(parent.parent) ? parent.parent : undefined;
}

/** The awaited call as a statement of its own, with the condition that only asks whether it is open. */
function startStatement(call: ts.CallExpression, kept: string): ts.Statement | undefined {
  if (call.arguments.length > 0 || !ts.isAwaitExpression(call.parent) || !ts.isExpressionStatement(call.parent.parent)) return undefined;
  const statement = call.parent.parent;
  const block = ts.isBlock(statement.parent) && statement.parent.statements.length === 1 ? statement.parent : statement;
  const test = block.parent;
  if (!ts.isIfStatement(test)) return statement;
  return test.elseStatement === undefined && test.thenStatement === block && test.expression.getText() === `!${kept}.isInitialized` ? test : undefined;
}
