import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** A model's method, on the model (`user.create`) or on one that a variable chooses (`prisma[model].create`). */
function model(...names: readonly string[]): RegExp {
  return new RegExp(`^(?:[A-Za-z]\\w*\\.)?(?:${names.join("|")})$`);
}

/**
 * https://www.prisma.io/docs/orm/reference/prisma-client-reference. The engine is that of the driver adapter; without
 * one it stands in `schema.prisma`, which is no source code, and is unknown. Its promises are lazy: a query that nobody
 * awaits does not run, and a list of them is what `$transaction([…])` takes.
 * https://www.prisma.io/docs/orm/prisma-client/queries/transactions
 */
export const prisma: Library = {
  ...EMPTY_LIBRARY,
  name: "@prisma/client",
  specifiers: ["@prisma/client", "@prisma/client/edge", "@prisma/client/extension", ".prisma/client"],
  // https://www.prisma.io/docs/orm/prisma-schema/overview/generators: `output` says where the client is made.
  generated: { specifier: /(?:^|\/)(?:(?:generated|gen)\/(?:[^/]+\/)*[^/]*(?:prisma|client)|\.?prisma\/(?:[^/]+\/)*(?:client|generated)|prisma-client)/i, mention: "Prisma" },
  engine: "configured",
  dialect: { at: ["0.adapter"], sqlite: /sqlite|libsql/i },
  // An adapter makes connections for the one client that it is given to: https://www.prisma.io/docs/orm/core-concepts/supported-databases/database-drivers
  opens: [{ path: "PrismaClient", by: "new", kind: "orm", options: "0", shareable: true, parts: /^@prisma\/adapter-/ }],
  sessionTypes: ["PrismaClient", "Prisma.DefaultPrismaClient"],
  handleTypes: ["Prisma.TransactionClient"],
  same: ["$extends()"],
  transactions: [
    { path: methods("$transaction"), style: "array", body: 0 },
    { path: methods("$transaction"), style: "callback", body: 0, handle: 0 },
  ],
  statements: [
    { path: model("findUnique", "findUniqueOrThrow", "findFirst", "findFirstOrThrow", "findMany", "aggregate", "count", "groupBy", "findRaw", "aggregateRaw"), kind: "read" },
    { path: model("create", "createMany", "createManyAndReturn", "update", "updateMany", "updateManyAndReturn", "upsert", "delete", "deleteMany"), kind: "write" },
    // Replicas: https://github.com/prisma/extension-read-replicas
    { path: /^(?:\$(?:replica|primary)\(\)\.)?\$queryRaw(?:Unsafe|Typed)?$/, kind: "sql" },
    { path: /^(?:\$(?:replica|primary)\(\)\.)?\$executeRaw(?:Unsafe)?$/, kind: "sql", otherwise: "write" },
  ],
  // `Prisma.TransactionClient` is the client without what begins, connects and extends.
  passing: { type: "handle" },
  batch: {},
  closes: ["$disconnect"],
  scoped: ["$use"],
};
