import type { Framework } from "../framework.js";

const HANDLERS = ["defineEventHandler", "eventHandler", "defineCachedEventHandler", "cachedEventHandler", "defineLazyEventHandler", "defineWebSocketHandler", "defineNitroErrorHandler"];
const ONCE = ["defineNitroPlugin"];
/** Hooks of the running server that each request runs; the others run once. */
const PER_REQUEST = /^(request|beforeResponse|afterResponse|error|render:\w+)$/;

/** Where Nuxt looks for its server: `serverDir`, below the root or below `srcDir`. */
const SERVERS = ["server", "src/server", "app/server"];

/** https://nitro.build/guide/routing and https://h3.dev/guide/basics/handler: Nuxt's server, whose helpers need no import. */
export const nitro: Framework = {
  name: "Nitro",
  specifiers: ["h3", "nitropack", "nitropack/runtime", "nitro", "nitro/h3", "#imports"],
  globals: [...HANDLERS, ...ONCE, "defineTask"],
  aliases: [
    { path: /^(createApp\(\)|createRouter\(\)|H3new\(\))$/, as: "app" },
    { path: /^app\.(use|get|post|put|patch|delete|head|options|all|on|add)\(\)$/, as: "app" },
  ],
  types: [
    { type: "H3Event", as: "event" },
    { type: "EventHandler", params: ["event"] },
  ],
  augments: [{ type: "H3EventContext", place: "event.context" }],
  callbackParams: [
    { path: new RegExp(`^(${HANDLERS.join("|")})$`), param: 0, as: "event" },
    { path: /^app\.(use|get|post|put|patch|delete|all|on)$/, param: 0, as: "event" },
    { path: /^defineNitroPlugin$/, param: 0, as: "nitro" },
    { path: /^nitro\.hooks\.hook$/, param: 0, as: "event" },
  ],
  registrations: [
    { path: /^defineLazyEventHandler$/, role: () => ({ role: "once", label: "a lazy handler's start" }) },
    { path: new RegExp(`^(${HANDLERS.join("|")})$`), role: () => ({ role: "entry", kind: "route", label: "HTTP request" }) },
    { path: /^app\.(use|get|post|put|patch|delete|all|on)$/, role: ({ method, literals }) => ({ role: "entry", kind: "route", label: `${method.toUpperCase()} ${literals[0] ?? "…"}` }) },
    { path: new RegExp(`^(${ONCE.join("|")})$`), role: () => ({ role: "once", label: "start-up" }) },
    {
      path: /^nitro\.hooks\.hook(Once)?$/,
      role: ({ literals }) => (PER_REQUEST.test(literals[0] ?? "") ? { role: "entry", kind: "route", label: `the ${literals[0] ?? ""} hook` } : { role: "once", label: "the server's life" }),
    },
    { path: /^defineTask$/, role: ({ property }) => (property === "run" ? { role: "entry", kind: "cron", label: "a task" } : undefined) },
  ],
  // https://nuxt.com/docs/4.x/directory-structure/server#server-utilities, …/shared and …/layers; https://nitro.build/guide/utils.
  autoImports: [
    { config: /^nuxt\.config\.[cm]?[jt]s$/, known: SERVERS, exported: [...SERVERS.map((server) => ({ folder: `${server}/utils`, deep: true })), { folder: "shared/utils", deep: false }], layers: "layers" },
    { config: /^nitro\.config\.[cm]?[jt]s$/, known: [""], exported: ["utils", "server/utils", "src/utils"].map((folder) => ({ folder, deep: true })) },
  ],
  startups: [],
};
