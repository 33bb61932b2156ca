import type { Framework } from "../framework.js";

/** The instance, however reached: `fastify()`, a plugin's parameter, a chain of `register(…)` or `withTypeProvider()`. */
const APP = String.raw`^(default|fastify|Fastify)\(\)(\.(withTypeProvider|register|after|addHook|decorate)\(\))*`;

/** https://fastify.dev/docs/latest/Reference/Server/ and …/Hooks/ */
export const fastify: Framework = {
  name: "fastify",
  specifiers: ["fastify"],
  types: [{ type: "FastifyInstance", as: "default()" }],
  callbackParams: [
    { path: new RegExp(`${APP}\\.register$`), argument: 0, param: 0, as: "default()" },
    { path: new RegExp(`${APP}\\.after$`), argument: 0, param: 0, as: "default()" },
  ],
  registrations: [
    {
      path: new RegExp(`${APP}\\.(get|post|put|patch|delete|head|options|all)$`),
      role: ({ method, literals }) => ({ role: "entry", kind: "route", label: `${method.toUpperCase()} ${literals[0] ?? "…"}` }),
    },
    {
      path: new RegExp(`${APP}\\.route$`),
      role: ({ property }) => (property === "handler" || property?.startsWith("pre") ? { role: "entry", kind: "route", label: "route" } : undefined),
    },
    {
      path: new RegExp(`${APP}\\.addHook$`),
      role: ({ literals }) =>
        /^on(Ready|Listen|Close|Register|Route)$|^preClose$/.test(literals[0] ?? "")
          ? { role: "once", label: `${literals[0]} hook` }
          : { role: "entry", kind: "handler", label: `${literals[0] ?? "request"} hook` },
    },
    { path: new RegExp(`${APP}\\.(setErrorHandler|setNotFoundHandler)$`), role: ({ method }) => ({ role: "entry", kind: "handler", label: method }) },
    { path: new RegExp(`${APP}\\.(register|after|ready|listen|close)$`), role: () => ({ role: "once", label: "start-up" }) },
  ],
  startups: [new RegExp(`${APP}\\.listen$`)],
};
