import { frameworkOf } from "../catalogue/index.js";
import type { ContainerRules } from "../catalogue/framework.js";
import type { Expr, FunctionId, TypeRef } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { constantOf, type PlacedExpr } from "./constants.js";
import type { NodeId } from "./solver.js";

/** What is injected, by what it is asked for under. */
export interface Injected {
  /** The parameter's or field's name. */
  name: string;
  /** Ids of what may be injected: empty where that is not seen. */
  made: readonly string[];
  /** The request itself. */
  isRequest: boolean;
  /** A class of the project that the analysis has not read. */
  unread: boolean;
}

/** What is known once the solver is done. */
export type Read<T> = () => T;

export function classKey(file: string, id: number): string {
  return `class ${file}#${id}`;
}

/** Reads what a container is told by decorators, parameters and providers. All nodes are asked for at once, and read later. */
export class InjectedReader {
  constructor(
    private readonly graph: CallGraph,
    readonly container: ContainerRules,
    /** What is made under a name. */
    private readonly namedBy: (key: string) => readonly string[],
  ) {}

  /** The parameters of a constructor. */
  parameters(file: string, fn: FunctionId): Read<Injected[]> {
    const { program } = this.graph;
    const reads = program.fn(file, fn).params.map(({ variable, property, decorators, type }) => {
      const name = property ?? program.variable(file, variable).name;
      const typed = this.#typed(file, name, type);
      const named = this.decorated(file, name, decorators ?? [], typed);
      return () => named() ?? typed();
    });
    return () => reads.map((read) => read());
  }

  /** `@Inject(token)`, or by the declared type where it has no argument; undefined where nothing is injected so. */
  decorated(file: string, name: string, decorators: readonly Expr[], type: TypeRef | Read<Injected> | undefined): Read<Injected | undefined> {
    const typed = typeof type === "function" ? type : this.#typed(file, name, type);
    const asked = decorators.map((decorator) => {
      const [token] = this.argumentsOf(file, decorator);
      return { node: this.graph.values.expression(file, decorator), token: token && this.token(file, token, name) };
    });
    return () => {
      const found = asked.find(({ node }) => this.reaches(node, this.container.inject));
      return found && (found.token?.() ?? typed());
    };
  }

  /** What a token stands for: a class, a name, the request. */
  token(file: string, expr: Expr, name: string): Read<Injected> {
    const { program, values } = this.graph;
    const placed = constantOf(program, file, expr);
    const referenced = this.#referenced(placed);
    if (referenced) return this.token(placed.file, referenced, name);
    const node = values.expression(file, expr);
    const key = keyOf(placed);
    return () => {
      const keys = [...this.classes(node), ...(key === undefined ? [] : [key])];
      return { name, made: keys.flatMap((one) => this.namedBy(one)), isRequest: this.reaches(node, this.container.requestTokens), unread: false };
    };
  }

  /** `forwardRef(() => Things)` */
  #referenced({ file, expr }: PlacedExpr): Expr | undefined {
    const { program } = this.graph;
    const call = expr.k === "call" ? program.call(file, expr.id) : undefined;
    const [given] = call?.args ?? [];
    const isReference = call?.callee.k === "var" && this.container.references.test(program.variable(file, call.callee.id).import?.name ?? "");
    return isReference && given?.k === "fn" ? program.fn(file, given.id).returns[0] : undefined;
  }

  #typed(file: string, name: string, type: TypeRef | undefined): Read<Injected> {
    const { values } = this.graph;
    const node = values.solver.node();
    if (type !== undefined) values.addType(file, type, node);
    const unread = this.#isUnread(file, type);
    return () => ({ name, made: this.classes(node).flatMap((key) => this.namedBy(key)), isRequest: false, unread });
  }

  #isUnread(file: string, type: TypeRef | undefined): boolean {
    if (type?.k !== "ref" || typeof type.head !== "number") return false;
    const { program } = this.graph;
    const from = program.variable(file, type.head).import;
    const target = from && program.host.resolve(file, from.specifier);
    return target !== undefined && !program.files.has(target);
  }

  /** Whether an object says that one is made for each request, and nothing that it lasts longer. */
  scope(file: string, { props }: Extract<Expr, { k: "object" }>): Read<boolean> {
    const scope = props.find(({ name }) => name === "scope")?.value;
    const node = scope && this.graph.values.expression(file, scope);
    const durable = props.some(({ name, value }) => name === "durable" && !(value.k === "literal" && value.value === false));
    return () => node !== undefined && this.reaches(node, this.container.perRequest) && !(durable && this.#keepsDurable());
  }

  #keepsDurable(): boolean {
    return [...this.graph.external.values()].some((callees) => callees.some((id) => this.#isOf(id, this.container.durableBy)));
  }

  /** The classes that a value is, or is an instance of. */
  classes(node: NodeId): string[] {
    const { solver, tokens } = this.graph.values;
    return [...solver.values(node)].flatMap((id) => {
      const token = tokens.get(id);
      return token.t === "class" || token.t === "instance" ? [classKey(token.file, token.id)] : [];
    });
  }

  reaches(node: NodeId, path: RegExp): boolean {
    return [...this.graph.values.solver.values(node)].some((id) => this.#isOf(id, path));
  }

  #isOf(id: number, path: RegExp): boolean {
    const token = this.graph.values.tokens.get(id);
    return token.t === "external" && token.module !== null && frameworkOf(token.module)?.container === this.container && path.test(token.path);
  }

  argumentsOf(file: string, decorator: Expr): readonly Expr[] {
    return decorator.k === "call" ? this.graph.program.call(file, decorator.id).args : [];
  }
}

/** Names that are the same wherever they are written: strings, and what one call made (`Symbol("db")`). */
export function keyOf({ file, expr }: PlacedExpr): string | undefined {
  if (expr.k === "literal" && typeof expr.value === "string") return `name ${expr.value}`;
  return expr.k === "call" ? `made ${file}#${expr.id}` : undefined;
}
