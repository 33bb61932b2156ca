import type { Framework } from "../framework.js";

const VERBS = "get|post|put|patch|delete|head|options|all";
/** Properties of a route's options that are functions of a request. */
const ROUTE_HOOKS = /^(handler|on(Request|Send|Response|Error|Timeout|RequestAbort)|pre(Parsing|Validation|Handler|Serialization)|errorHandler)$/;
/** Where `@fastify/autoload`, and what is built on it, looks for plugins: https://github.com/fastify/fastify-autoload */
const LOADED_PLUGIN = /(^|\/)(plugins|routes|services|modules|api|hooks)\/.*\.[cm]?[jt]s$/;
const LOADED = { file: LOADED_PLUGIN, params: ["default()"], entry: (name: string) => (name === "=" || name === "default" ? ({ role: "once", label: "start-up" } as const) : undefined) };
const ONCE_HOOKS = /^on(Ready|Listen|Close|Register|Route)$|^preClose$/;

/** https://fastify.dev/docs/latest/Reference/Server/, …/Hooks/, …/Decorators/ */
export const fastify: Framework = {
  name: "fastify",
  specifiers: ["fastify", "fastify-plugin"],
  aliases: [
    { path: /^(fastify|Fastify|default\.(fastify|default)|)\(\)$/, as: "default()" },
    // The instance, however reached: a chain of `register(…)` or `withTypeProvider()`, a request's server.
    { path: /^default\(\)\.(withTypeProvider|register|after|addHook|decorate|decorateRequest|decorateReply|setErrorHandler|setNotFoundHandler|get|post|put|patch|delete|head|options|all|route)\(\)$/, as: "default()" },
    { path: /^(request|reply)\.server$/, as: "default()" },
    { path: /^reply\.request$/, as: "request" },
  ],
  types: [
    ...["FastifyInstance", "default.FastifyInstance"].map((type) => ({ type, as: "default()" })),
    ...["FastifyRequest", "default.FastifyRequest"].map((type) => ({ type, as: "request" })),
    ...["FastifyReply", "default.FastifyReply"].map((type) => ({ type, as: "reply" })),
    ...["FastifyPluginAsync", "FastifyPluginCallback", "FastifyPlugin"].map((type) => ({ type, params: ["default()"] })),
    ...["RouteHandlerMethod", "RouteHandler", "preHandlerHookHandler", "onRequestHookHandler"].map((type) => ({ type, params: ["request", "reply"] })),
  ],
  augments: [
    { type: "FastifyInstance", place: "default()" },
    { type: "FastifyRequest", place: "request" },
    { type: "FastifyReply", place: "reply" },
  ],
  callbackParams: [
    { path: /^default\(\)\.(register|after)$/, argument: 0, param: 0, as: "default()" },
    // `fastify-plugin`
    { path: /^default$/, argument: 0, param: 0, as: "default()" },
    { path: new RegExp(`^default\\(\\)\\.(${VERBS}|addHook|setNotFoundHandler)$`), param: 0, as: "request" },
    { path: new RegExp(`^default\\(\\)\\.(${VERBS}|addHook|setNotFoundHandler)$`), param: 1, as: "reply" },
    { path: new RegExp(`^default\\(\\)\\.(${VERBS}|route)$`), property: ROUTE_HOOKS, param: 0, as: "request" },
    { path: new RegExp(`^default\\(\\)\\.(${VERBS}|route)$`), property: ROUTE_HOOKS, param: 1, as: "reply" },
    { path: /^default\(\)\.setErrorHandler$/, param: 1, as: "request" },
  ],
  // A plugin without types shows by the names of its parameters alone what it is.
  fileEntries: [
    { ...LOADED, takes: [/^fastify$/] },
    { ...LOADED, takes: [/^(app|server|instance)$/, /^_?(opts|options|done|next)$/] },
  ],
  loaded: { file: LOADED_PLUGIN, puts: /\.decorate(?:Request|Reply)?\(\s*["'`]([\w$]+)["'`]/g, objects: ["fastify", "app", "server", "instance", "req", "request", "reply"] },
  stores: [
    { path: /^default\(\)\.decorate$/, key: 0, value: "1", place: "default()" },
    { path: /^default\(\)\.decorateRequest$/, key: 0, value: "1", place: "request" },
    { path: /^default\(\)\.decorateReply$/, key: 0, value: "1", place: "reply" },
  ],
  registrations: [
    {
      path: new RegExp(`^default\\(\\)\\.(${VERBS})$`),
      role: ({ method, literals, property }) =>
        property === undefined || ROUTE_HOOKS.test(property) ? { role: "entry", kind: "route", label: `${method.toUpperCase()} ${literals[0] ?? "…"}` } : undefined,
    },
    {
      path: /^default\(\)\.route$/,
      role: ({ property }) => (property !== undefined && ROUTE_HOOKS.test(property) ? { role: "entry", kind: "route", label: "route" } : undefined),
    },
    {
      path: /^default\(\)\.addHook$/,
      role: ({ literals }) =>
        ONCE_HOOKS.test(literals[0] ?? "") ? { role: "once", label: `${literals[0]} hook` } : { role: "entry", kind: "handler", label: `${literals[0] ?? "request"} hook` },
    },
    { path: /^default\(\)\.(setErrorHandler|setNotFoundHandler)$/, role: ({ method }) => ({ role: "entry", kind: "handler", label: method }) },
    { path: /^default\(\)\.(register|after|ready|listen|close)$/, role: ({ property }) => (property === undefined ? { role: "once", label: "start-up" } : undefined) },
  ],
  startups: [/^default\(\)\.listen$/],
};
