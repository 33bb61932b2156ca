import { libraryWithId } from "../catalogue/index.js";
import type { TypeRef } from "../facts/types.js";
import type { NodeId } from "./solver.js";
import type { Values } from "./values.js";

type Index = Extract<TypeRef, { k: "index" }>;

/**
 * `Parameters<typeof f>[0]`, and `Parameters<Parameters<typeof db.transaction>[0]>[0]`, by which programs name the type of
 * an ORM's transaction handle. False for other indexes.
 */
export function addParameterType(values: Values, file: string, type: Index, into: NodeId): boolean {
  const of = parametersOf(type);
  if (!of) return false;
  const { solver, tokens, program } = values;
  const named = valuesOf(values, file, of);
  if (named !== undefined)
    solver.watch(named, (id) => {
      const token = tokens.get(id);
      const param = token.t === "function" ? program.fn(token.file, token.id).params[Number(type.name)] : undefined;
      if (token.t === "function" && param?.type) values.addType(token.file, param.type, into);
    });
  const callback = of.k === "index" ? parametersOf(of) : undefined;
  const method = callback && valuesOf(values, file, callback);
  if (of.k === "index" && method !== undefined)
    solver.watch(method, (id) => {
      const token = tokens.get(id);
      const library = token.t === "part" ? tokens.libraryOf(id) : undefined;
      if (token.t !== "part" || library === undefined) return;
      const pattern = libraryWithId(library)?.transactions.find(({ path }) => path.test(token.path));
      if (pattern?.body === Number(of.name) && pattern.handle === Number(type.name)) solver.add(into, tokens.intern({ t: "typed", library, role: "handle" }));
    });
  return true;
}

/** `typeof save`, `typeof db.transaction`, `Session["transaction"]`: with members of sessions, which a variable of that type would not show. */
function valuesOf(values: Values, file: string, type: TypeRef): NodeId | undefined {
  if (type.k === "typeof") return values.expression(file, type.of);
  if (type.k !== "index" || parametersOf(type)) return undefined;
  const node = values.solver.node();
  values.addType(file, type.of, node);
  return values.memberOf(node, type.name, file, 0);
}

function parametersOf({ of, name }: Index): TypeRef | undefined {
  return of.k === "ref" && of.head === "Parameters" && /^\d+$/.test(name) ? of.args[0] : undefined;
}
