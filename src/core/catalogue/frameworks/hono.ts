import type { Framework, TypeArgument } from "../framework.js";

const VERBS = "get|post|put|patch|delete|options|all|use|on|openapi";
const VARIABLES: TypeArgument = { argument: 0, property: "Variables", place: "context.var" };
const BINDINGS: TypeArgument = { argument: 0, property: "Bindings", place: "context.env" };

/** https://hono.dev/docs/api/context, …/api/hono, …/helpers/factory */
export const hono: Framework = {
  name: "hono",
  specifiers: ["hono", "hono/tiny", "hono/quick", "hono/factory", "@hono/zod-openapi"],
  aliases: [
    { path: /^(Hono|OpenAPIHono)new\(\)$|^factory\.createApp\(\)$/, as: "app" },
    { path: new RegExp(`^app\\.(${VERBS}|route|basePath|onError|notFound|mount|doc|doc31)\\(\\)$`), as: "app" },
    { path: /^createFactory\(\)$|^Factorynew\(\)$/, as: "factory" },
  ],
  types: [
    { type: "Hono", as: "app", holds: [VARIABLES, BINDINGS] },
    { type: "OpenAPIHono", as: "app", holds: [VARIABLES, BINDINGS] },
    { type: "Context", as: "context", holds: [VARIABLES, BINDINGS] },
    ...["Handler", "MiddlewareHandler", "NotFoundHandler"].map((type) => ({ type, params: ["context"], holds: [VARIABLES, BINDINGS] })),
    { type: "ErrorHandler", params: [null, "context"] },
  ],
  augments: [{ type: "ContextVariableMap", place: "context.var" }],
  generics: ["Hono", "OpenAPIHono", "createMiddleware", "createFactory", "Factory"].flatMap((name) => [VARIABLES, BINDINGS].map((holds) => ({ path: new RegExp(`^${name}$`), ...holds }))),
  callbackParams: [
    { path: new RegExp(`^app\\.(${VERBS}|notFound)$|^createMiddleware$|^factory\\.(createMiddleware|createHandlers)$`), param: 0, as: "context" },
    { path: /^app\.onError$/, param: 1, as: "context" },
  ],
  stores: [{ path: /^context\.set$/, key: 0, value: "1", place: "context.var" }],
  loads: [{ path: /^context\.get$/, key: 0, place: "context.var" }],
  registrations: [
    {
      path: new RegExp(`^app\\.(${VERBS})$`),
      role: ({ method, literals, property }) => {
        if (property !== undefined) return undefined;
        const label = method === "use" ? `middleware ${literals[0] ?? ""}` : `${method === "on" ? (literals[0] ?? "") : method.toUpperCase()} ${(method === "on" ? literals[1] : literals[0]) ?? "…"}`;
        return { role: "entry", kind: "route", label: label.trim() };
      },
    },
    { path: /^app\.(onError|notFound)$/, role: ({ method }) => ({ role: "entry", kind: "handler", label: method }) },
    { path: /^createMiddleware$|^factory\.createMiddleware$/, role: () => ({ role: "entry", kind: "handler", label: "middleware" }) },
    { path: /^factory\.createHandlers$/, role: () => ({ role: "entry", kind: "route", label: "route" }) },
    { path: /^createFactory$/, role: ({ property }) => (property === "initApp" ? { role: "once", label: "start-up" } : undefined) },
  ],
  startups: [],
};
