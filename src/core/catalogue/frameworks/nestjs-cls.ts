import type { Framework } from "../framework.js";

/** https://papooch.github.io/nestjs-cls/: a service of NestJS that keeps what belongs to a request, a transaction's handle among it. */
export const nestjsCls: Framework = {
  name: "nestjs-cls",
  specifiers: ["nestjs-cls"],
  types: [{ type: "ClsService", as: "ClsService" }],
  callbackParams: [],
  registrations: [],
  startups: [],
};
