import type { Expr } from "../facts/types.js";
import type { PlacedExpr } from "./constants.js";
import type { Program } from "./program.js";

/** Parts of a request that a route's options check, by the names that handlers find them under. */
const PARTS: Readonly<Record<string, readonly string[]>> = { body: ["body"], query: ["querystring", "query"], params: ["params"], headers: ["headers"] };

/**
 * The schema of a part of a handler's first parameter, out of the options of the route: `app.post(path, { schema: { body } }, (request) => request.body)`
 * (https://fastify.dev/docs/latest/Reference/Validation-and-Serialization/), also with the handler among them, and
 * `app.post(path, ({ body }) => …, { body })` (https://elysiajs.com/essential/validation.html).
 */
export function checkedByRoute(program: Program, file: string, parameter: number, part: string): PlacedExpr[] {
  const facts = program.file(file);
  const handler = facts.functions.find((fn) => fn.params[0]?.variable === parameter);
  if (!handler || !Object.hasOwn(PARTS, part)) return [];
  const isHandler = (expr: Expr) => expr.k === "fn" && expr.id === handler.id;
  for (const { args } of facts.calls) {
    const options = args.filter((arg) => arg.k === "object");
    if (!args.some(isHandler) && !options.some((object) => object.props.some(({ name, value }) => name === "handler" && isHandler(value)))) continue;
    for (const object of options) {
      const schema = valueOf(object, "schema");
      for (const checks of schema === undefined ? [object] : [schema, object])
        for (const name of PARTS[part] ?? []) {
          const expr = valueOf(checks, name);
          if (expr !== undefined) return [{ file, expr }];
        }
    }
  }
  return [];
}

function valueOf(object: Expr, name: string): Expr | undefined {
  return object.k === "object" ? object.props.find((prop) => prop.name === name)?.value : undefined;
}
