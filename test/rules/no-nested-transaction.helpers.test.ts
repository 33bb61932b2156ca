import { runTable } from "./lib/table.js";

const REASON = "is yours to decide";

runTable({
  rule: "no-nested-transaction",
  theme: "helpers that begin transactions for the whole program",
  valid: [
    { name: "a helper that begins one only where it is given none", code: `
        import { Prisma, PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const inTransaction = <T>(work: (tx: Prisma.TransactionClient) => Promise<T>, tx?: Prisma.TransactionClient) => (tx ? work(tx) : prisma.$transaction(work));
        const charge = (id: number, outer?: Prisma.TransactionClient) => inTransaction((tx) => tx.balance.delete({ where: { id } }), outer);
        const take = (id: number, outer?: Prisma.TransactionClient) => inTransaction((tx) => tx.stock.delete({ where: { id } }), outer);
        export const pay = (id: number) => inTransaction(async (tx) => {
          await charge(id, tx);
          await take(id, tx);
        });` },
  ],
  invalid: [
    { name: "each call that leads to a helper that begins them for all", code: `
        import { Prisma, PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const inTransaction = <T>(work: (tx: Prisma.TransactionClient) => Promise<T>) => prisma.$transaction(async (tx) => work(tx));
        const charge = (id: number, outer?: Prisma.TransactionClient) => inTransaction(async (tx) => (outer ?? tx).balance.delete({ where: { id } }));
        const take = (id: number, outer?: Prisma.TransactionClient) => inTransaction(async (tx) => (outer ?? tx).stock.delete({ where: { id } }));
        export const pay = (id: number) => inTransaction(async (tx) => {
          await charge(id, tx);
          await take(id, tx);
        });`, findings: [
          { line: 4, library: "@prisma/client", message: "begins inside", fix: "manual", reason: REASON, related: [6, 7, 3] },
          { line: 5, library: "@prisma/client", message: "begins inside", fix: "manual", reason: REASON, related: [6, 8, 3] },
        ] },
  ],
});
