import type { Framework } from "../framework.js";

const VERBS = "get|post|put|patch|delete|head|options|all|ws|route";
const HOOKS = "onRequest|onParse|onTransform|derive|resolve|onBeforeHandle|onAfterHandle|onAfterResponse|mapResponse|onError";

/** https://elysiajs.com/essential/handler, …/patterns/extends-context */
export const elysia: Framework = {
  name: "elysia",
  specifiers: ["elysia"],
  aliases: [
    { path: /^(default|Elysia)new\(\)$/, as: "app" },
    { path: new RegExp(`^app\\.(${VERBS}|${HOOKS}|use|group|guard|decorate|state|model|macro|as|mount|onStart|onStop|listen)\\(\\)$`), as: "app" },
  ],
  types: [{ type: "Elysia", as: "app" }, { type: "default", as: "app" }],
  callbackParams: [
    { path: new RegExp(`^app\\.(${VERBS}|${HOOKS})$`), param: 0, as: "context" },
    { path: /^app\.(group|guard|use)$/, param: 0, as: "app" },
  ],
  stores: [
    { path: /^app\.decorate$/, key: 0, value: "1", place: "context" },
    { path: /^app\.state$/, key: 0, value: "1", place: "context.store" },
  ],
  registrations: [
    { path: new RegExp(`^app\\.(${VERBS})$`), role: ({ method, literals }) => ({ role: "entry", kind: "route", label: `${method.toUpperCase()} ${literals[0] ?? "…"}` }) },
    { path: new RegExp(`^app\\.(${HOOKS})$`), role: ({ method }) => ({ role: "entry", kind: "handler", label: method }) },
    { path: /^app\.(group|guard|use|onStart|onStop|listen)$/, role: () => ({ role: "once", label: "start-up" }) },
  ],
  startups: [/^app\.listen$/],
};
