import type { Framework } from "../framework.js";

const VERBS = "get|post|put|patch|delete|del|head|options|all|use|param|register";
const CONTEXTS = ["Context", "ParameterizedContext", "ExtendableContext", "RouterContext", "Middleware"];

/** https://koajs.com, https://github.com/koajs/router/blob/master/API.md */
export const koa: Framework = {
  name: "koa",
  specifiers: ["koa", "@koa/router", "koa-router"],
  aliases: [
    { path: /^(default|default\.default|Koa|Router|default\.Router|)(new)?\(\)$/, as: "app" },
    { path: new RegExp(`^app\\.(${VERBS}|prefix|routes|allowedMethods)\\(\\)$`), as: "app" },
    { path: /^app\.context$/, as: "context" },
    { path: /^context\.app$/, as: "app" },
    { path: /^context\.ctx$/, as: "context" },
  ],
  types: CONTEXTS.flatMap((type) => [type, `default.${type}`]).map((type) => (type.endsWith("Middleware") ? { type, params: ["context"] } : { type, as: "context" })),
  augments: [
    { type: "DefaultContext", place: "context" },
    { type: "DefaultContextExtends", place: "context" },
    { type: "ExtendableContext", place: "context" },
    { type: "Context", place: "context" },
    { type: "DefaultState", place: "context.state" },
    { type: "DefaultStateExtends", place: "context.state" },
  ],
  generics: [
    { path: /^(default|Koa|Router)$/, argument: 0, place: "context.state" },
    { path: /^(default|Koa|Router)$/, argument: 1, place: "context" },
  ],
  callbackParams: [{ path: new RegExp(`^app\\.(${VERBS})$`), param: 0, as: "context" }],
  registrations: [
    {
      path: new RegExp(`^app\\.(${VERBS})$`),
      role: ({ method, literals }) => ({
        role: "entry",
        kind: "route",
        label: method === "use" ? `middleware ${literals[0] ?? ""}`.trim() : `${method.toUpperCase()} ${literals.find((text) => text?.startsWith("/")) ?? "…"}`,
      }),
    },
    { path: /^app\.listen$/, role: () => ({ role: "once", label: "start-up" }) },
  ],
  startups: [/^app\.listen$/],
};
