import { endOf, isNode, nodes, startOf, str, type Node } from "./ast.js";
import { settleTuples } from "./bounds.js";
import { visitClass } from "./classes.js";
import { expression } from "./expressions.js";
import { visitFunction } from "./functions.js";
import { Lines } from "./lines.js";
import { markMemos } from "./memo.js";
import { markNeeds } from "./needs.js";
import { commonJsExports } from "./modules.js";
import { bindPattern } from "./patterns.js";
import { Stages } from "./production.js";
import { Bindings, type Names } from "./scope.js";
import { visitStatement, visitStatements } from "./statements.js";
import { readTags, type CommentText } from "./tags.js";
import { FACTS_VERSION, MODULE_FUNCTION, type FileFacts } from "./types.js";
import { UNKNOWN, type Context, type Walk } from "./walk.js";

export interface FactsInput {
  /** An ESTree or TS-ESTree `Program`, with `range` or `start` and `end` on every node. Parents are not needed. */
  program: { type: string };
  /** Of the same tree; of a scope manager (eslint-scope's, @typescript-eslint/scope-manager's) by `namesOf`. */
  names: Names;
  /** Without byte order mark: offsets count from the first character after it. */
  text: string;
  /** Relative to the scanned root, "/" separators. */
  file: string;
  comments: readonly CommentText[];
}

/** How deep the walk goes into itself before it puts the rest off: generated code nests deeper than the stack allows. */
const MAX_DEPTH = 500;

/** Where a declared name begins: parsers differ on whether a parameter's decorators are a part of it, and one lets that depend on whether it is optional. */
function nameStart(name: Node, text: string): number {
  const start = startOf(name);
  const last = nodes(name, "decorators").at(-1);
  if (last === undefined || start >= endOf(last)) return start;
  const space = /\s*/y;
  space.lastIndex = endOf(last);
  space.exec(text);
  return space.lastIndex;
}

/** Reads the facts of one file. Never throws on a valid tree: what it does not know is `{ k: "unknown" }`. */
export function buildFacts(input: FactsInput): FileFacts {
  const { text, file } = input;
  const lines = new Lines(text);
  const bindings = new Bindings(input.names, (node) => lines.span(nameStart(node, text), endOf(node)));
  const whole = lines.span(0, text.length);
  const facts: FileFacts = {
    version: FACTS_VERSION,
    file,
    variables: bindings.facts,
    functions: [{ id: MODULE_FUNCTION, name: "", kind: "module", parent: MODULE_FUNCTION, params: [], returns: [], async: false, generator: false, span: whole, body: whole }],
    classes: [],
    types: [],
    calls: [],
    assigns: [],
    loops: [],
    tries: [],
    awaits: [],
    throws: [],
    exits: [],
    exports: [],
    specifiers: [],
    directives: [],
    hashbang: text.startsWith("#!"),
  };
  const putOff: (() => void)[] = [];
  let depth = 0;
  const walk: Walk = {
    text,
    facts,
    bindings,
    lines,
    tags: readTags(text, input.comments),
    guards: [],
    forks: [],
    stages: new Stages((node) => bindings.idOf(node)),
    branches: [],
    inPlace: new Map(),
    rescues: new Set(),
    specifiers: new Set(),
    constants: new Map(),
    requires: new Set(),
    importTypes: new Map(),
    openLoops: [],
    objects: 0,
    expr(node, ctx, use) {
      if (!node) return UNKNOWN;
      if (depth >= MAX_DEPTH) {
        // The value is lost, what stands inside is not.
        putOff.push(() => walk.expr(node, ctx, use));
        return UNKNOWN;
      }
      depth++;
      const value = expression(walk, node, ctx, use);
      depth--;
      return value;
    },
    statement(node, ctx) {
      if (depth >= MAX_DEPTH) {
        putOff.push(() => walk.statement(node, ctx));
        return;
      }
      depth++;
      visitStatement(walk, node, ctx);
      depth--;
    },
    statements: (body, ctx, end) => visitStatements(walk, body, ctx, end),
    fn: (node, ctx, place) => visitFunction(walk, node, ctx, place),
    cls: (node, ctx, use) => visitClass(walk, node, ctx, use),
    bind(pattern, value, ctx, op) {
      if (depth >= MAX_DEPTH) {
        putOff.push(() => walk.bind(pattern, UNKNOWN, ctx, op));
        return;
      }
      depth++;
      bindPattern(walk, pattern, value, ctx, op);
      depth--;
    },
  };

  const program: unknown = input.program;
  if (isNode(program)) {
    const body = nodes(program, "body");
    facts.directives = directivesOf(body);
    const ctx: Context = { fn: MODULE_FUNCTION, self: { k: "this", fn: MODULE_FUNCTION }, parentClass: UNKNOWN, conditional: false, branch: -1, branchEnd: -1, blockEnd: text.length };
    walk.statements(body, ctx, text.length);
    for (let next = putOff.pop(); next; next = putOff.pop()) next();
  }
  closeLoops(walk);
  settleTuples(walk);
  markMemos(walk);
  markNeeds(walk);
  commonJsExports(walk);
  facts.specifiers = [...walk.specifiers];
  trim(facts);
  return facts;
}

/** A list that grew one by one has room for 16 more: of most facts' lists, which have one or two items, that would be nearly all. */
function trim(facts: FileFacts): void {
  for (const call of facts.calls) {
    if (call.args.length === 0) continue;
    call.args = call.args.slice();
    call.argSpans = call.argSpans.slice();
  }
  for (const fn of facts.functions) {
    if (fn.params.length > 0) fn.params = fn.params.slice();
    if (fn.returns.length > 0) fn.returns = fn.returns.slice();
  }
}

function directivesOf(body: readonly Node[]): string[] {
  return body.flatMap((statement) => str(statement, "directive") ?? []);
}

function closeLoops(walk: Walk): void {
  for (const { fact, start, end, writes, reads } of walk.openLoops) {
    for (const variable of writes) {
      const declared = walk.bindings.startOf(variable);
      if (declared >= 0 && (declared < start || declared >= end)) fact.writesOuter.push({ variable, alsoRead: reads.has(variable) });
    }
  }
}
