import { visitorKeys } from "@typescript-eslint/visitor-keys";
import { isNode, startOf, str, type Node } from "../../core/facts/ast.js";
import { type Definition, EITHER, type Meaning, resolveIn, Scope, type ScopeKind, TYPE, VALUE, type Variable } from "./scope.js";

/** A name that is used, where, and what for. */
interface Use {
  identifier: Node;
  scope: Scope;
  asked: Meaning;
}

/** The state of one walk: the scope at hand, what was declared, and what is to be looked up once all is declared. */
export class Binder {
  readonly named = new Map<object, Variable>();
  readonly #uses: Use[] = [];

  constructor(public scope: Scope) {}

  /** Visits in a scope inside the one at hand. */
  inside(kind: ScopeKind, block: Node, visit: () => void): void {
    this.within(new Scope(kind, block, this.scope), visit);
  }

  within(scope: Scope, visit: () => void): void {
    const before = this.scope;
    this.scope = scope;
    visit();
    this.scope = before;
  }

  define(identifier: Node, definition: Omit<Definition, "name">, scope = this.scope): void {
    const variable = scope.define(str(identifier, "name") ?? "", { ...definition, name: identifier }, identifier);
    // A class's name is declared around the class first, then inside it.
    if (!this.named.has(identifier)) this.named.set(identifier, variable);
  }

  use(identifier: Node, asked: Meaning = VALUE): void {
    this.#uses.push({ identifier, scope: this.scope, asked });
  }

  useType(identifier: Node): void {
    this.use(identifier, TYPE);
  }

  useEither(identifier: Node): void {
    this.use(identifier, EITHER);
  }

  /** After the walk: what every name that was used is. */
  resolve(): void {
    for (const { identifier, scope, asked } of this.#uses) {
      const variable = resolveIn(scope, str(identifier, "name") ?? "", startOf(identifier), asked);
      if (variable) this.named.set(identifier, variable);
    }
  }
}

export type Visit = (binder: Binder, node: Node) => void;

/** Visits all nodes of one property. */
export function visitPart(binder: Binder, node: Node, key: string, visit: Visit): void {
  const part = node[key];
  if (Array.isArray(part)) {
    for (const item of part) if (isNode(item)) visit(binder, item);
  } else if (isNode(part)) visit(binder, part);
}

const KEYS = new Map(Object.entries(visitorKeys));

/** Visits all that a node consists of, in the order of the source. */
export function visitParts(binder: Binder, node: Node, visit: Visit): void {
  for (const key of KEYS.get(node.type) ?? Object.keys(node)) if (key !== "parent") visitPart(binder, node, key, visit);
}
