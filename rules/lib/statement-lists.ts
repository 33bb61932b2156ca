import type { CallFact, Expr } from "../../src/core/facts/types.js";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { HeldLoop } from "../../src/core/link/transactions.js";
import { chainOf, contains, type Flow, flowOfTurn } from "./turns.js";

/** Methods of a session or a transaction's handle that are given a statement's text. */
const TAKES_TEXT = /^(run|exec|execute|executeSql|query|prepare|raw|unsafe|all|\$(execute|query)RawUnsafe)$/;

/**
 * The statements themselves are what the list holds: a script that is replayed, what undoes a change, a dump. Each may build on the one before, so half of them is a state that nobody
 * meant; what runs is not in the code to be read.
 */
export function runsListed(project: ProjectFacts, { file, loop, writes }: Pick<HeldLoop, "file" | "loop" | "writes">): LoopTransactionDetail["obstacles"] {
  const turn = flowOfTurn(project, file, loop);
  const isListed = ({ file: of, call }: HeldLoop["writes"][number]): boolean =>
    of === file && contains(loop.span, call.span) && chainOf(project.program, file, call).some((each) => isGivenText(project, each) && each.args[0] !== undefined && isItem(project, file, turn, each.args[0]));
  const [first] = writes;
  return first !== undefined && writes.every(isListed) ? [{ what: "the statements are what the list holds, and each may build on the one before", file: first.file, span: first.call.span }] : [];
}

/** On the session or handle itself: a prepared statement's `run` is given values. Or by a method of the program's own that hands the text on. */
function isGivenText({ graph, writers }: ProjectFacts, call: CallFact): boolean {
  const { callee } = call;
  if (callee.k !== "member" || !TAKES_TEXT.test(callee.name)) return false;
  if (callee.name === "prepare" && writers.calleesOf(call).length > 0) return true;
  const receivers = graph.external.get(call) ?? [];
  return receivers.length > 0 && receivers.every((id) => {
    const token = graph.values.tokens.get(id);
    if (token.t !== "part") return true;
    const owner = graph.values.tokens.get(token.of);
    return !token.path.includes("()") && !(owner.t === "derived" && owner.kind === "statement");
  });
}

/** The element as it is, one of its columns, or either as the one thing that a helper is given: `sql.raw(step.undo)`, `text.trim()`. */
function isItem({ program }: ProjectFacts, file: string, turn: Flow, expr: Expr): boolean {
  const at = expr.k === "typed" ? expr.of : expr;
  if (at.k === "var" || at.k === "member") return turn.reaches(at);
  if (at.k !== "call") return false;
  const { callee, args } = program.call(file, at.id);
  const [only, more] = callee.k === "member" && args.length === 0 ? [callee.of] : args;
  return only !== undefined && more === undefined && (only.k === "var" || only.k === "member") && turn.reaches(only);
}
