import { ts } from "ts-morph";
import { keptIn } from "./factory.js";
import type { Creation } from "./factory.js";
import { CannotFix } from "./transform.js";
import { enclosingFunction, referencesTo } from "./tree.js";
import type { Tree } from "./tree.js";

/** What is shared keeps state that is one caller's: each of its users must make its own from it, here and in sight. */
export function assertForked(tree: Tree, made: Creation, { of, by }: { of: string; by: string }): void {
  const kept = keptIn(made);
  const fn = enclosingFunction(made);
  const advice = `what is read and written through the shared \`${of}\` would be everybody's: work on \`${of}.${by}()\``;
  if (/\ballowGlobalContext\b/.test(made.getText(tree.source))) throw new CannotFix(`\`allowGlobalContext\` lets callers use one \`${of}\`: ${advice}`);
  if (kept === undefined || fn === undefined || !ts.isVariableDeclaration(kept.parent)) throw new CannotFix(`it is not put into a variable first: ${advice}`);
  for (const use of referencesTo(tree, kept, fn)) {
    const { parent } = use;
    const line = tree.source.getLineAndCharacterOfPosition(use.getStart(tree.source)).line + 1;
    if (!ts.isPropertyAccessExpression(parent)) throw new CannotFix(`\`${kept.text}\` is handed on (${tree.file}:${line}): ${advice}`);
    if (parent.name.text !== of) continue;
    const next = parent.parent;
    const isForked = ts.isPropertyAccessExpression(next) && next.expression === parent && next.name.text === by;
    const isContext = ts.isCallExpression(next) && next.arguments.includes(parent) && /(^|\.)RequestContext\.create$/.test(next.expression.getText(tree.source));
    if (!isForked && !isContext) throw new CannotFix(`\`${kept.text}.${of}\` is used as it is (${tree.file}:${line}): ${advice}`);
  }
}
