import { ts } from "ts-morph";
import { DEFAULT_BATCH_SIZE } from "../src/core/contract.js";
import type { EditGroup } from "../src/core/edit.js";
import type { Finding, LoopWritesDetail } from "../src/core/finding.js";
import { runtimeNames, sessionAccess } from "./lib/batch-access.js";
import { Lines, writeBatchBody } from "./lib/batch-body.js";
import { hasOwn, loopNames, loopParts } from "./lib/loop.js";
import { Rewrite } from "./lib/rewrite.js";
import { styleOf } from "./lib/style.js";
import { indentAt } from "./lib/text.js";
import { labelOf } from "./lib/transaction-shape.js";
import { CannotFix, judge, newGroup } from "./lib/transform.js";
import type { PlanContext, Transform } from "./lib/transform.js";
import { enclosingFunction, isAsync, nodeOf, symbolInScope } from "./lib/tree.js";
import type { Tree } from "./lib/tree.js";

const NAME = "wrap-loop-writes";

/** A loop whose turns each commit runs in batches. Never safe: a turn is no longer kept by itself. */
export const wrapLoopWrites: Transform = {
  name: NAME,
  applies: ({ detail }) => detail.kind === "loop-writes",
  plan(finding, context) {
    const { detail } = finding;
    if (detail.kind !== "loop-writes") return undefined;
    if (finding.fix === "manual") throw new CannotFix(finding.fixReason ?? "whether batches keep its meaning cannot be told from the code");
    const tree = context.trees.get(finding.file);
    if (tree === undefined) throw new CannotFix(`${finding.file} could not be read`);
    return wrap(finding, detail, tree, context);
  },
};

function wrap(finding: Finding, detail: LoopWritesDetail, tree: Tree, context: PlanContext): EditGroup {
  const { source, text, file } = tree;
  const statement = loopAt(tree, detail);
  const loop = loopParts(tree, statement);
  if (loop.async) throw new CannotFix("a turn waits, and a batch would hold the write lock meanwhile");
  if (hasOwn(loop.body, declaresVar)) throw new CannotFix("a turn declares a `var`, which lives on after the loop");
  const session = sessionIn(tree, detail, statement);
  const around = enclosingFunction(statement);
  const async = around !== undefined && isAsync(around);
  const names = runtimeNames(tree, async);
  const indent = indentAt(text, statement.getStart(source));
  const unit = { statement, start: statement.getStart(source), end: statement.end, spaced: false };
  const out = new Rewrite(tree, unit.start);
  const batchSize = context.options.batchSize ?? DEFAULT_BATCH_SIZE;
  writeBatchBody(new Lines(out, indent), {
    before: [],
    loop,
    loopUnit: unit,
    after: [],
    outer: indent,
    inner: indent,
    style: styleOf(source),
    // What only writes takes the lock at once.
    access: sessionAccess(tree, statement, { session, library: detail.library, mode: "immediate" }, names, async),
    batched: names.batched,
    async,
    batchSize,
    label: labelOf(around),
  });
  const group = newGroup(NAME, finding);
  group.edits.push(...out.finish(unit.end));
  group.claims = [{ file, start: unit.start, end: unit.end }];
  group.imports.push(...names.needs);
  return judge(group, [
    "when a turn fails, the turns of its batch are rolled back with it and the loop stops there, where each turn was kept before",
    `who else writes waits for up to ${batchSize} turn${batchSize === 1 ? "" : "s"}`,
    ...(async ? ["other work of the process may run between two batches"] : []),
  ]);
}

function loopAt({ source }: Tree, { loop }: LoopWritesDetail): ts.Statement {
  const found = nodeOf(source, loop, (node): node is ts.IterationStatement | ts.CallExpression => ts.isIterationStatement(node, false) || ts.isCallExpression(node));
  if (found === undefined) throw new CannotFix("the loop was not found where the finding says it stands");
  if (!ts.isCallExpression(found)) return found;
  if (!ts.isExpressionStatement(found.parent)) throw new CannotFix("the loop is part of a larger expression: make it a statement of its own");
  return found.parent;
}

function declaresVar(node: ts.Node): boolean {
  return ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0;
}

/** The session's name, where it means at the loop what it meant where the statement was prepared. */
function sessionIn(tree: Tree, { session }: LoopWritesDetail, statement: ts.Statement): string {
  if (session === undefined) throw new CannotFix("the session has no name at the loop");
  const { text, start } = session;
  if (text.startsWith("this.")) return text;
  const name = nodeOf(tree.source, { start, end: start + text.length }, ts.isIdentifier);
  const meant = name === undefined ? undefined : tree.symbolAt(name);
  if (meant === undefined || symbolInScope(tree, statement.parent, text) !== meant || loopNames(statement).includes(text)) {
    throw new CannotFix(`\`${text}\` means something else at the loop than where the statement was prepared`);
  }
  return text;
}
