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
  if (of.k === "typeof")
    solver.watch(values.expression(file, of.of), (id) => {
      const token = tokens.get(id);
      const param = token.t === "function" ? program.fn(token.file, token.id).params[Number(type.name)] : undefined;
      if (token.t === "function" && param?.type) values.addType(token.file, param.type, into);
    });
  const callback = of.k === "index" ? parametersOf(of) : undefined;
  if (of.k === "index" && callback?.k === "typeof")
    solver.watch(values.expression(file, callback.of), (id) => {
      const token = tokens.get(id);
      const library = token.t === "part" ? tokens.libraryOf(id) : undefined;
      if (token.t !== "part" || library === undefined) return;
      const pattern = libraryWithId(library)?.transactions.find(({ path }) => path.test(token.path));
      if (pattern?.body === Number(of.name) && pattern.handle === Number(type.name)) solver.add(into, tokens.intern({ t: "typed", library, role: "handle" }));
    });
  return true;
}

function parametersOf({ of, name }: Index): TypeRef | undefined {
  return of.k === "ref" && of.head === "Parameters" && /^\d+$/.test(name) ? of.args[0] : undefined;
}
