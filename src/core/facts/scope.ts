import { child, isNode, startOf, str, type Node } from "./ast.js";
import type { FunctionId, VariableFact, VariableId } from "./types.js";

/** What this pass needs of a scope manager; eslint-scope's and @typescript-eslint/scope-manager's both fit. */
export interface ScopeManagerLike {
  readonly scopes: readonly ManagedScopeLike[];
}

export interface ScopeLike {
  readonly type: string;
  readonly block: object;
  readonly upper: ScopeLike | null;
}

export interface ManagedScopeLike extends ScopeLike {
  readonly variables: readonly VariableLike[];
  readonly references: readonly { readonly identifier: object; readonly resolved: VariableLike | null }[];
}

export interface VariableLike {
  readonly name: string;
  readonly scope: ScopeLike;
  readonly identifiers: readonly object[];
  readonly defs: readonly { readonly type: string; readonly name: object; readonly node: object; readonly parent?: object | null }[];
}

/** What this pass needs to know of names: of a scope manager by `namesOf`, or found without one. */
export interface Names {
  /** By the identifier that declares it or refers to it. */
  readonly named: ReadonlyMap<object, VariableLike>;
  /** By name: what a script declares at its top level, where a scope manager leaves references to it open. */
  readonly globals: ReadonlyMap<string, VariableLike>;
}

export function namesOf(manager: ScopeManagerLike): Names {
  const named = new Map<object, VariableLike>();
  const globals = new Map<string, VariableLike>();
  for (const scope of manager.scopes) {
    for (const variable of scope.variables) {
      if (variable.defs.length === 0) continue;
      if (scope.upper === null) globals.set(variable.name, variable);
      for (const identifier of variable.identifiers) {
        // The outer one of a class's two variables comes first, and stays.
        if (!named.has(identifier)) named.set(identifier, variable);
      }
    }
  }
  for (const scope of manager.scopes) {
    for (const reference of scope.references) {
      const resolved = reference.resolved;
      if (resolved && resolved.defs.length > 0) named.set(reference.identifier, resolved);
    }
  }
  return { named, globals };
}

type Kind = VariableFact["kind"];

const KINDS: Record<string, Kind> = {
  ImportBinding: "import", Parameter: "param", FunctionName: "function", ClassName: "class", CatchClause: "catch",
  TSEnumName: "enum", TSEnumMember: "enum", TSModuleName: "namespace", Type: "type",
};

/** The bindings of a file: which variable an identifier names, and the facts of each variable met so far. */
export class Bindings {
  readonly facts: VariableFact[] = [];
  /** Function nodes (and their like) → their id, filled by the walk before it enters them. */
  readonly functionIds = new Map<object, FunctionId>();

  /**
   * Keyed by the declaring identifier: a class's name is two variables to a scope manager, one outside and one
   * inside the class, and one to everybody else.
   */
  readonly #ids = new Map<object, VariableId>();
  readonly #starts: number[] = [];

  constructor(private readonly names: Names, private readonly spanOf: (node: Node) => VariableFact["span"]) {}

  /** The variable an identifier declares or refers to; undefined for globals that this file does not declare. */
  idOf(identifier: Node): VariableId | undefined {
    // Scripts' top-level `var`s are left unresolved by some scope managers: they may come from another script.
    const variable = this.names.named.get(identifier) ?? this.names.globals.get(str(identifier, "name") ?? "");
    return variable && this.#idOfVariable(variable);
  }

  /** Where a variable is declared first; -1 for implicit ones. */
  startOf(id: VariableId): number {
    return this.#starts[id] ?? -1;
  }

  implicit(fn: FunctionId, rest: Partial<VariableFact> = {}): VariableId {
    const id = this.facts.length;
    this.facts.push({ name: "", kind: "implicit", ...rest, id, fn });
    this.#starts.push(-1);
    return id;
  }

  #idOfVariable(variable: VariableLike): VariableId | undefined {
    const key = variable.identifiers[0];
    if (!isNode(key)) return undefined;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.facts.length;
    this.#ids.set(key, id);
    const fact = this.#fact(id, variable, key);
    this.facts.push(fact);
    this.#starts.push(fact.span?.start ?? startOf(key));
    return id;
  }

  #fact(id: VariableId, variable: VariableLike, name: Node): VariableFact {
    // A name may be a type and a value at once: the value says more.
    const def = variable.defs.find((d) => d.type !== "Type") ?? variable.defs[0];
    const parent = isNode(def?.parent) ? def.parent : undefined;
    const node = isNode(def?.node) ? def.node : undefined;
    const fact: VariableFact = { id, name: variable.name, fn: this.#functionOf(variable.scope), kind: "var", span: this.spanOf(name) };
    if (def?.type === "Variable") fact.kind = declarationKind(parent);
    else if (node?.type === "TSImportEqualsDeclaration") fact.kind = "const";
    else fact.kind = KINDS[def?.type ?? ""] ?? "var";
    if (fact.kind === "import" && node && parent) fact.import = importOf(node, parent);
    const external = node?.type === "TSImportEqualsDeclaration" ? externalModule(node) : undefined;
    if (external !== undefined && node) {
      fact.kind = "import";
      fact.import = { specifier: external, name: "*", typeOnly: str(node, "importKind") === "type" };
    }
    return fact;
  }

  #functionOf(scope: ScopeLike): FunctionId {
    for (let at: ScopeLike | null = scope; at; at = at.upper) {
      // `let x` in a loop belongs to the function around the loop: only functions and their like have ids.
      const id = this.functionIds.get(at.block);
      if (id !== undefined) return id;
    }
    return 0;
  }
}

function declarationKind(declaration: Node | undefined): Kind {
  const kind = str(declaration, "kind");
  return kind === "let" || kind === "var" ? kind : "const";
}

function importOf(specifier: Node, declaration: Node): NonNullable<VariableFact["import"]> {
  const source = child(declaration, "source");
  const imported = child(specifier, "imported");
  let name = "*";
  if (specifier.type === "ImportDefaultSpecifier") name = "default";
  else if (imported) name = str(imported, "name") ?? str(imported, "value") ?? "*";
  const typeOnly = str(declaration, "importKind") === "type" || str(specifier, "importKind") === "type";
  return { specifier: str(source, "value") ?? "", name, typeOnly };
}

/** `import x = require("m")`: the `m`. */
export function externalModule(node: Node): string | undefined {
  const reference = child(node, "moduleReference");
  return reference?.type === "TSExternalModuleReference" ? str(child(reference, "expression"), "value") : undefined;
}
