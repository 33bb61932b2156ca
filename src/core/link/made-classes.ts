import type { Expr, FunctionFact, TypeRef } from "../facts/types.js";
import type { TokenId } from "./tokens.js";
import type { Values } from "./values.js";

/**
 * A class that extends what a function gives, said to make a library's objects: `class PrismaService extends extendedClient()`, where that one gives
 * `new Proxy(…) as new () => ReturnType<typeof extended>`. Each such class is one session, as one that extends the library's own.
 */
export function watchMade(values: Values, file: string, superClass: Expr, owner: string, found: (session: TokenId) => void): void {
  if (superClass.k !== "call") return;
  const { program, solver, tokens } = values;
  solver.watch(values.expression(file, program.call(file, superClass.id).callee), (id) => {
    const maker = tokens.get(id);
    if (maker.t !== "function") return;
    for (const type of madeBy(program.fn(maker.file, maker.id))) {
      const node = solver.node();
      values.addType(maker.file, type, node);
      solver.watch(node, (made) => {
        const token = tokens.get(made);
        if (token.t === "typed" && token.role === "session") found(tokens.intern({ ...token, owner }));
      });
    }
  });
}

/** What the classes make that a function gives, by the types that are written there. */
function madeBy({ returnType, returns }: FunctionFact): TypeRef[] {
  const given = [returnType, ...returns.map((value) => (value.k === "typed" ? value.type : undefined))];
  return given.flatMap((type) => (type?.k === "function" ? [type.returns] : []));
}
