import { startOf, type Node } from "../../core/facts/ast.js";
import type { ScopeLike, VariableLike } from "../../core/facts/scope.js";

/** What a name can stand for, and what a place asks it for: a value, a type, or both. */
export const VALUE = 1;
export const TYPE = 2;
export const EITHER = 3;
export type Meaning = typeof VALUE | typeof TYPE | typeof EITHER;

export type ScopeKind = "program" | "function" | "function-type" | "mapped-type" | "conditional-type" | "namespace" | "class-code" | "block";

/** What a name's definition is, as scope managers call it. */
type DefinitionKind =
  | "CatchClause" | "ClassName" | "FunctionName" | "ImportBinding" | "Parameter" | "TSEnumName" | "TSEnumMemberName" | "TSModuleName" | "Type" | "Variable";

const MEANINGS: Readonly<Record<DefinitionKind, Meaning>> = {
  CatchClause: VALUE, FunctionName: VALUE, Parameter: VALUE, Variable: VALUE, Type: TYPE,
  ClassName: EITHER, ImportBinding: EITHER, TSEnumName: EITHER, TSEnumMemberName: EITHER, TSModuleName: EITHER,
};

export interface Definition {
  type: DefinitionKind;
  name: Node;
  node: Node;
  parent?: Node;
}

export class Variable implements VariableLike {
  readonly identifiers: Node[] = [];
  readonly defs: Definition[] = [];
  meaning = 0;

  constructor(
    readonly name: string,
    readonly scope: Scope,
  ) {}
}

export class Scope implements ScopeLike {
  /** Most scopes declare nothing. */
  names: Map<string, Variable> | undefined;
  /** Where `var` declares. */
  readonly variableScope: Scope;

  constructor(
    readonly type: ScopeKind,
    readonly block: Node,
    readonly upper: Scope | null,
    /** Where a function's body begins: what is declared there is unknown to its parameters. -1 for all other scopes. */
    readonly bodyStart = -1,
    /** A function that is no arrow has an `arguments` of its own. */
    readonly hasArguments = false,
  ) {
    this.variableScope = upper === null || type === "function" || type === "program" || type === "namespace" || type === "class-code" ? this : upper.variableScope;
  }

  /** `identifier` is absent for a name that is written as a string. */
  define(name: string, definition: Definition, identifier: Node | undefined): Variable {
    this.names ??= new Map<string, Variable>();
    let variable = this.names.get(name);
    if (!variable) this.names.set(name, (variable = new Variable(name, this)));
    variable.defs.push(definition);
    variable.meaning |= MEANINGS[definition.type];
    if (identifier) variable.identifiers.push(identifier);
    return variable;
  }

  /** What is declared in a function's body is unknown to its parameters. */
  isSeenFrom(offset: number, { defs }: Variable): boolean {
    return offset >= this.bodyStart || defs.some((definition) => startOf(definition.name) < this.bodyStart);
  }
}

/** What a name that is used in a scope, at an offset, is declared as; undefined when that is not known, or not in this file. */
export function resolveIn(scope: Scope, name: string, offset: number, asked: Meaning): Variable | undefined {
  for (let at: Scope | null = scope; at; at = at.upper) {
    const variable = at.names?.get(name);
    if (variable) {
      if ((variable.meaning & asked) !== 0 && at.isSeenFrom(offset, variable)) return variable;
    } else if (at.hasArguments && name === "arguments" && offset >= at.bodyStart) return undefined;
  }
  return undefined;
}
