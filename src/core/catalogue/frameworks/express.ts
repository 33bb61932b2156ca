import type { Framework } from "../framework.js";

const VERBS = "get|post|put|patch|delete|head|options|all|use|param|route";
const APP = String.raw`^(default|Router)\(\)(\.route\(\))?`;
/** `(error, request, response, next)` */
const ERROR_HANDLER = [4];
const HANDLER = [0, 1, 2, 3];

/** https://expressjs.com/en/5x/api.html */
export const express: Framework = {
  name: "express",
  specifiers: ["express", "express-serve-static-core", "express-promise-router", "express-openapi-validator", "express-ws"],
  aliases: [
    { path: /^(default\.default)?\(\)$/, as: "default()" },
    { path: /^(default\.)?Router(\(\)|new\(\))$/, as: "Router()" },
    { path: new RegExp(`${APP}\\.(get|post|put|patch|delete|head|options|all|use|param|set|enable|disable|engine)\\(\\)$`), as: "$1()$2" },
    { path: /^(request|response)\.app$/, as: "default()" },
    { path: /^response\.req$/, as: "request" },
    { path: /^request\.res$/, as: "response" },
  ],
  types: [
    ...["Express", "Application"].flatMap((type) => [type, `default.${type}`]).map((type) => ({ type, as: "default()" })),
    ...["Router", "IRouter"].flatMap((type) => [type, `default.${type}`]).map((type) => ({ type, as: "Router()" })),
    ...["Request", "default.Request"].map((type) => ({ type, as: "request" })),
    ...["Response", "default.Response"].map((type) => ({ type, as: "response" })),
    ...["RequestHandler", "default.RequestHandler"].map((type) => ({ type, params: ["request", "response"] })),
    { type: "ErrorRequestHandler", params: [null, "request", "response"] },
    { type: "Express.Request", as: "request", global: true },
    { type: "Express.Response", as: "response", global: true },
  ],
  augments: [
    { type: "Express.Request", place: "request", global: true },
    { type: "Express.Response", place: "response", global: true },
    { type: "Express.Locals", place: "response.locals", global: true },
    { type: "Express.Application", place: "default()", global: true },
    { type: "Request", place: "request" },
    { type: "Response", place: "response" },
    { type: "Application", place: "default()" },
    { type: "Locals", place: "response.locals" },
  ],
  callbackParams: [
    { path: new RegExp(`${APP}\\.(${VERBS})$`), param: 0, arity: HANDLER, as: "request" },
    { path: new RegExp(`${APP}\\.(${VERBS})$`), param: 1, arity: HANDLER, as: "response" },
    { path: new RegExp(`${APP}\\.(${VERBS})$`), param: 1, arity: ERROR_HANDLER, as: "request" },
    { path: new RegExp(`${APP}\\.(${VERBS})$`), param: 2, arity: ERROR_HANDLER, as: "response" },
  ],
  stores: [{ path: /^default\(\)\.set$/, key: 0, value: "1", place: "default().settings" }],
  loads: [{ path: /^default\(\)\.get$/, key: 0, place: "default().settings" }],
  registrations: [
    {
      path: new RegExp(`${APP}\\.(${VERBS})$`),
      role: ({ method, literals }) => ({
        role: "entry",
        kind: "route",
        label: method === "use" ? `middleware ${literals[0] ?? ""}`.trim() : `${method.toUpperCase()} ${literals[0] ?? "…"}`,
      }),
    },
    { path: /^default\(\)\.listen$/, role: () => ({ role: "once", label: "start-up" }) },
  ],
  startups: [/^default\(\)\.listen$/],
};
