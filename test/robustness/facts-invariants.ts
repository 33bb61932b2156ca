import type { Expr, FileFacts, Span, TypeRef } from "../../src/core/facts/types.js";
import { difference } from "./plain.js";

/** What is wrong with the facts of a text; empty when all that `types.ts` promises holds. */
export function brokenFacts(facts: FileFacts, text: string): string[] {
  const check = new Check(facts, text);
  check.run();
  return check.problems;
}

class Check {
  readonly problems: string[] = [];
  readonly #lineStarts: number[];
  readonly #objects = new Set<number>();

  constructor(
    private readonly facts: FileFacts,
    private readonly text: string,
  ) {
    this.#lineStarts = [0];
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (c === "\n" || c === "\u2028" || c === "\u2029" || (c === "\r" && text[i + 1] !== "\n")) this.#lineStarts.push(i + 1);
    }
  }

  run(): void {
    const { facts } = this;
    const copy: unknown = JSON.parse(JSON.stringify(facts));
    const changed = difference(facts, copy);
    if (changed !== undefined) this.#problem(`JSON changes it at ${changed}`);

    this.#numbered("variable", facts.variables);
    this.#numbered("function", facts.functions);
    this.#numbered("class", facts.classes);
    this.#numbered("call", facts.calls);
    this.#numbered("loop", facts.loops);
    for (const variable of facts.variables) {
      this.#fn(variable.fn, `variable ${variable.name}`);
      this.#span(variable.span, `variable ${variable.name}`);
      this.#type(variable.type);
    }
    for (const fn of facts.functions) this.#function(fn);
    for (const cls of facts.classes) {
      this.#fn(cls.fn, "class");
      this.#span(cls.span, "class");
      if (cls.superClass) this.#expr(cls.superClass);
      cls.implements.forEach((type) => this.#type(type));
      cls.decorators.forEach((each) => this.#expr(each));
      for (const member of cls.members) {
        if (member.fn !== undefined) this.#fn(member.fn, "member");
        if (member.value) this.#expr(member.value);
        this.#type(member.type);
        member.decorators?.forEach((each) => this.#expr(each));
      }
    }
    for (const type of facts.types) {
      this.#id(type.variable, facts.variables, "variable", `type ${type.name}`);
      type.extends.forEach((each) => this.#type(each));
      this.#type(type.type);
    }
    for (const call of facts.calls) this.#call(call);
    for (const { fn, target, value, span, loop } of facts.assigns) {
      this.#fn(fn, "assignment");
      if (target.k !== "var" && target.k !== "member") this.#problem(`an assignment to ${target.k}`);
      this.#expr(target);
      this.#expr(value);
      this.#span(span, "assignment");
      this.#loop(loop, fn, "assignment");
    }
    for (const loop of facts.loops) this.#loopFact(loop);
    for (const { fn, span, block, handler, finalizer } of facts.tries) {
      this.#fn(fn, "try");
      this.#span(span, "try");
      for (const part of [block, handler, finalizer]) {
        this.#span(part, "part of a try");
        if (part && (part.start < span.start || part.end > span.end)) this.#problem("a part of a try lies outside it");
      }
    }
    for (const { fn, of, span, loop } of facts.awaits) {
      this.#fn(fn, "await");
      this.#expr(of);
      this.#span(span, "await");
      this.#loop(loop, fn, "await");
    }
    for (const { fn, span, loop, tries } of facts.throws) {
      this.#fn(fn, "throw");
      this.#span(span, "throw");
      this.#loop(loop, fn, "throw");
      tries?.forEach((index) => this.#id(index, facts.tries, "try", "throw"));
    }
    for (const entry of facts.exports) if (entry.k === "value") this.#expr(entry.value);
    if (new Set(facts.specifiers).size !== facts.specifiers.length) this.#problem("a specifier stands twice");
  }

  #function(fn: FileFacts["functions"][number]): void {
    const what = `function ${fn.name}`;
    this.#fn(fn.parent, what);
    if (fn.id !== 0 && fn.parent === fn.id) this.#problem(`${what} is its own parent`);
    for (let at = fn.parent, steps = 0; at !== 0; at = this.facts.functions[at]?.parent ?? 0) {
      if (++steps > this.facts.functions.length) {
        this.#problem(`${what}: its parents go round in a circle`);
        break;
      }
    }
    if (fn.class !== undefined) this.#id(fn.class, this.facts.classes, "class", what);
    if (fn.loopBody !== undefined) this.#id(fn.loopBody, this.facts.loops, "loop", what);
    this.#span(fn.span, what);
    this.#span(fn.body, `the body of ${what}`);
    for (const param of fn.params) {
      this.#id(param.variable, this.facts.variables, "variable", `a parameter of ${what}`);
      this.#type(param.type);
      param.decorators?.forEach((each) => this.#expr(each));
    }
    fn.returns.forEach((each) => this.#expr(each));
    this.#type(fn.returnType);
    fn.decorators?.forEach((each) => this.#expr(each));
  }

  #call(call: FileFacts["calls"][number]): void {
    const what = `call ${call.id}`;
    this.#fn(call.fn, what);
    this.#span(call.span, what);
    this.#span(call.calleeSpan, `the callee of ${what}`);
    if (call.calleeSpan.start < call.span.start || call.calleeSpan.end > call.span.end) this.#problem(`the callee of ${what} lies outside it`);
    this.#expr(call.callee);
    if (call.args.length !== call.argSpans.length) this.#problem(`${what}: ${call.args.length} arguments, ${call.argSpans.length} spans`);
    call.args.forEach((each) => this.#expr(each));
    for (const span of call.argSpans) {
      this.#span(span, `an argument of ${what}`);
      if (span.start < call.span.start || span.end > call.span.end) this.#problem(`an argument of ${what} lies outside it`);
    }
    this.#loop(call.loop, call.fn, what);
    call.tries?.forEach((index) => this.#id(index, this.facts.tries, "try", what));
    if (typeof call.memo?.owner === "number") this.#fn(call.memo.owner, `the memo of ${what}`);
  }

  #loopFact(loop: FileFacts["loops"][number]): void {
    const what = `loop ${loop.id}`;
    this.#fn(loop.fn, what);
    this.#loop(loop.parent, loop.fn, what);
    if (loop.parent !== undefined && loop.parent >= loop.id) this.#problem(`${what}: its parent ${loop.parent} comes later`);
    this.#span(loop.span, what);
    this.#span(loop.body, `the body of ${what}`);
    if (loop.body.start < loop.span.start || loop.body.end > loop.span.end) this.#problem(`the body of ${what} lies outside it`);
    if (loop.call !== undefined) this.#id(loop.call, this.facts.calls, "call", what);
    for (const { variable } of loop.writesOuter) this.#id(variable, this.facts.variables, "variable", what);
    const { bound } = loop;
    if (bound.k === "over") this.#expr(bound.over);
    if (bound.k === "count") this.#expr(bound.limit);
    if (bound.k === "stepped") {
      this.#expr(bound.step);
      if (bound.over) this.#expr(bound.over);
    }
  }

  #expr(expr: Expr): void {
    const { facts } = this;
    switch (expr.k) {
      case "var":
        return this.#id(expr.id, facts.variables, "variable", "an expression");
      case "this":
      case "super":
        return this.#fn(expr.fn, expr.k);
      case "member":
      case "await":
        return this.#expr(expr.of);
      case "call":
        return this.#id(expr.id, facts.calls, "call", "an expression");
      case "fn":
        return this.#fn(expr.id, "an expression");
      case "class":
        return this.#id(expr.id, facts.classes, "class", "an expression");
      case "object":
        this.#span(expr.span, "object");
        this.#objects.add(expr.id);
        return expr.props.forEach((prop) => this.#expr(prop.value));
      case "array":
        return expr.items.forEach((item) => this.#expr(item));
      case "template":
        if (expr.text.split("${}").length - 1 < expr.holes.length) this.#problem(`a template with ${expr.holes.length} holes: ${expr.text}`);
        return expr.holes.forEach((hole) => this.#expr(hole));
      case "either":
        return expr.of.forEach((one) => this.#expr(one));
      case "typed":
        this.#type(expr.type);
        return this.#expr(expr.of);
      case "global":
      case "literal":
      case "module":
      case "unknown":
        return;
    }
  }

  #type(type: TypeRef | undefined): void {
    switch (type?.k) {
      case "ref":
        if (typeof type.head === "number") this.#id(type.head, this.facts.variables, "variable", "a type");
        return type.args.forEach((each) => this.#type(each));
      case "object":
        return type.props.forEach((prop) => this.#type(prop.type));
      case "union":
        return type.of.forEach((each) => this.#type(each));
      case "array":
        return this.#type(type.of);
      case "typeof":
        return this.#expr(type.of);
      case "function":
        return this.#type(type.returns);
      default:
        return;
    }
  }

  #numbered(what: string, list: readonly { id: number }[]): void {
    for (let i = 0; i < list.length; i++) if (list[i]?.id !== i) this.#problem(`${what} ${i} is ${list[i]?.id}`);
  }

  #fn(id: number, what: string): void {
    this.#id(id, this.facts.functions, "function", what);
  }

  #loop(id: number | undefined, fn: number, what: string): void {
    if (id === undefined) return;
    this.#id(id, this.facts.loops, "loop", what);
    if (this.facts.loops[id] && this.facts.loops[id].fn !== fn) this.#problem(`${what} stands in a loop of another function`);
  }

  #id(id: number, list: readonly unknown[], kind: string, what: string): void {
    if (!Number.isInteger(id) || list[id] === undefined) this.#problem(`${what}: no ${kind} ${id}`);
  }

  #span(span: Span | undefined, what: string): void {
    if (!span) return;
    const { start, end } = span;
    if (!(start >= 0 && start <= end && end <= this.text.length)) return this.#problem(`${what}: ${start} to ${end} of ${this.text.length}`);
    this.#place(start, span.line, span.column, what);
    this.#place(end, span.endLine, span.endColumn, what);
  }

  #place(offset: number, line: number, column: number, what: string): void {
    const start = this.#lineStarts[line - 1];
    const next = this.#lineStarts[line] ?? Infinity;
    if (start === undefined || start + column - 1 !== offset || offset >= next) this.#problem(`${what}: ${offset} is said to be ${line}:${column}`);
  }

  #problem(text: string): void {
    if (this.problems.length < 20) this.problems.push(text);
  }
}
