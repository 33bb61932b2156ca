import { frameworksIn } from "../catalogue/index.js";
import type { ClassFact, Expr, FileFacts, Span } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { constantOf, type PlacedExpr } from "./constants.js";
import { classKey, type Injected, InjectedReader, keyOf, type Read } from "./injected.js";
import { objectsIn } from "./objects.js";
import { append, functionKey } from "./program.js";

/** A class or a factory of which a container makes what others have injected. */
export interface Made {
  /** A class's (`classKey`), or the factory's function key. */
  id: string;
  name: string;
  file: string;
  /** The class, or the provider's object. */
  span: Span;
  /** It says itself that it is made for each request; without that word, what it has injected may say so. */
  own: boolean;
  injects: readonly Injected[];
}

type ObjectExpr = Extract<Expr, { k: "object" }>;

const NONE: readonly string[] = [];

/** What a container makes, how often, and for whom. */
export class Injection {
  readonly #made = new Map<string, Made>();
  /** What is made under the names of providers. */
  readonly #under = new Map<string, string[]>();
  readonly #perRequest = new Set<string>();
  /** First the names, then what is injected under them. */
  readonly #names: (() => void)[] = [];
  readonly #reads: (() => void)[] = [];

  constructor(private readonly graph: CallGraph) {
    const { program, values } = graph;
    for (const facts of program.files.values())
      for (const { container } of frameworksIn(facts))
        if (container) this.#addFile(facts, new InjectedReader(graph, container, (key) => [...(key.startsWith("class ") ? [key] : NONE), ...(this.#under.get(key) ?? NONE)]));
    if (this.#reads.length === 0) return;
    // Every node has to be there before the solver's last run.
    values.solver.solve();
    for (const read of [...this.#names, ...this.#reads]) read();
    for (let before = -1; before !== this.#perRequest.size; ) {
      before = this.#perRequest.size;
      for (const made of this.#made.values()) if (made.own || this.because(made) !== undefined) this.#perRequest.add(made.id);
    }
  }

  /** All that is made for each request. */
  perRequest(): Made[] {
    return [...this.#made.values()].filter(({ id }) => this.#perRequest.has(id));
  }

  /** What is made for each request under this id. */
  scoped(id: string): Made | undefined {
    return this.#perRequest.has(id) ? this.#made.get(id) : undefined;
  }

  /** What is made for each request and has this injected. */
  dependents(id: string): Made[] {
    return this.perRequest().filter(({ injects }) => injects.some(({ made }) => made.includes(id)));
  }

  /** What it has injected that exists for one request only, itself or by its name; `except` are taken to be made once. */
  because({ injects }: Made, except?: ReadonlySet<string>): Injected | undefined {
    return injects.find(({ isRequest, made }) => isRequest || made.some((id) => this.#perRequest.has(id) && except?.has(id) !== true));
  }

  #addFile(facts: FileFacts, reader: InjectedReader): void {
    for (const cls of facts.classes) if (cls.decorators.length > 0) this.#addClass(facts, cls, reader);
    for (const object of objectsIn(facts)) if (object.props.some(({ name }) => name === "provide")) this.#addProvider(facts.file, object, reader);
  }

  #addClass({ file }: FileFacts, cls: ClassFact, reader: InjectedReader): void {
    const { program, values } = this.graph;
    const decorators = cls.decorators.map((decorator) => ({
      node: values.expression(file, decorator, cls.fn),
      scopes: reader.argumentsOf(file, decorator).map((arg): Read<boolean> | undefined => {
        const placed = constantOf(program, file, arg);
        return placed.expr.k === "object" ? reader.scope(placed.file, placed.expr) : undefined;
      }),
    }));
    const fields = cls.members.map(({ name, type, decorators: own }) => (own === undefined ? undefined : reader.decorated(file, name, own, type)));
    const parameters = this.#constructors(file, cls).map(({ file: from, id }) => reader.parameters(from, id));
    this.#reads.push(() => {
      const own = decorators.filter(({ node }) => reader.reaches(node, reader.container.decorators));
      if (own.length === 0) return;
      this.#add({
        id: classKey(file, cls.id),
        name: cls.name,
        file,
        span: cls.span,
        own: own.some(({ scopes }) => scopes.some((scope) => scope?.() === true)),
        injects: [...fields.flatMap((read) => read?.() ?? []), ...parameters.flatMap((read) => read())],
      });
    });
  }

  /** The constructor as written, its own or the one that it inherits. */
  #constructors(file: string, { id, superClass, fn }: ClassFact, seen = new Set<string>()): { file: string; id: number }[] {
    const { values, program } = this.graph;
    const own = values.constructorOf(file, id);
    // One of our own for the fields' values is none that the container sees.
    if (own !== undefined && program.fn(file, own).span.start !== program.fn(file, own).span.end) return [{ file, id: own }];
    if (!superClass || seen.has(classKey(file, id))) return [];
    seen.add(classKey(file, id));
    return [...values.solver.values(values.expression(file, superClass, fn))].flatMap((value) => {
      const token = values.tokens.get(value);
      return token.t === "class" ? this.#constructors(token.file, program.class(token.file, token.id), seen) : [];
    });
  }

  #addProvider(file: string, object: ObjectExpr, reader: InjectedReader): void {
    const { program, values } = this.graph;
    const [provide, useClass, useFactory, useExisting, inject] = ["provide", "useClass", "useFactory", "useExisting", "inject"].map((name) => object.props.find((prop) => prop.name === name)?.value);
    if (!provide) return;
    const placed = constantOf(program, file, provide);
    const [provided, made, factory, existing] = [provide, useClass, useFactory, useExisting].map((expr) => (expr ? values.expression(file, expr) : undefined));
    const scope = reader.scope(file, object);
    const injects = inject?.k === "array" ? inject.items.map((item) => reader.token(file, item, "")) : [];
    const classes = (): string[] => [made, existing].flatMap((node) => (node === undefined ? [] : reader.classes(node)));
    const factories = (): { id: string }[] => (factory === undefined ? [] : [...values.solver.values(factory)].flatMap((id) => {
      const token = values.tokens.get(id);
      return token.t === "function" ? [{ id: functionKey(token.file, token.id) }] : [];
    }));
    this.#names.push(() => {
      const names = [...(provided === undefined ? [] : reader.classes(provided)), ...[keyOf(placed)].flatMap((key) => key ?? [])];
      for (const name of names) for (const id of [...classes(), ...factories().map((one) => one.id)]) if (id !== name) append(this.#under, name, id);
    });
    const name = nameOf(provide, placed, program.file(file));
    this.#reads.push(() => {
      for (const { id } of factories()) this.#add({ id, name, file, span: object.span, own: scope(), injects: injects.map((read) => read()) });
      if (scope() && useClass) for (const id of classes()) this.#add({ id, name, file, span: object.span, own: true, injects: [] });
    });
  }

  /** A class may be declared, and given to a provider besides. */
  #add(made: Made): void {
    const known = this.#made.get(made.id);
    if (known === undefined) this.#made.set(made.id, made);
    else this.#made.set(made.id, { ...(known.own ? known : made), own: known.own || made.own, injects: [...known.injects, ...made.injects] });
  }
}

function nameOf(provide: Expr, { expr }: PlacedExpr, { variables }: FileFacts): string {
  if (provide.k === "var") return variables[provide.id]?.name ?? "a provider";
  return expr.k === "literal" ? String(expr.value) : "a provider";
}
