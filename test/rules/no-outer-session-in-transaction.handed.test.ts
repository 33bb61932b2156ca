import { runTable, type Expected } from "./lib/table.js";

const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

const found = (more: Partial<Expected>): Expected => ({ line: 5, library: "@prisma/client", message: "`prisma` is the @prisma/client session around the transaction whose handle `close` is given", fix: "manual", reason: "use the transaction's handle here", ...more });

const SAVE = `
        export const save = (id) => prisma.$transaction(async (tx) => { await tx.order.update({ where: { id }, data: {} }); await close(tx, id); });`;

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "functions that are given the handle and pass it by",
  valid: [
    { name: "the handle throughout", code: `${PRISMA}
        async function close(tx, id) {
          await tx.order.delete({ where: { id } });
          await tx.line.deleteMany({ where: { id } });
        }${SAVE}` },
    { name: "the session where no handle is given", code: `${PRISMA}
        async function close(tx, id) {
          if (!tx) { await prisma.line.deleteMany({ where: { id } }); return; }
          await tx.line.deleteMany({ where: { id } });
        }${SAVE}` },
    { name: "one or the other", code: `${PRISMA}
        async function close(tx, id) {
          const client = tx ?? prisma;
          await client.line.deleteMany({ where: { id } });
        }${SAVE}` },
    { name: "what is begun for later", code: `${PRISMA}
        async function close(tx, id) {
          await tx.order.delete({ where: { id } });
          void prisma.event.create({ data: { id } });
        }${SAVE}` },
    { name: "what is noted when it fails", code: `${PRISMA}
        async function close(tx, id) {
          try { await tx.order.delete({ where: { id } }); } catch (error) { await prisma.failure.create({ data: { id } }); throw error; }
        }${SAVE}` },
    { name: "a function that is named as one that may", code: `${PRISMA}
        async function close(tx, id) {
          await tx.order.delete({ where: { id } });
          await prisma.event.create({ data: { id } });
        }${SAVE}`, options: { allowFunctions: ["close"] } },
  ],
  invalid: [
    { name: "a statement beside it", code: `${PRISMA}
        async function close(tx, id) {
          await tx.order.delete({ where: { id } });
          await prisma.line.deleteMany({ where: { id } });
        }${SAVE}`, findings: [found({ related: [7, 7] })] },
    { name: "once for all callers, and through another function", code: `${PRISMA}
        async function close(tx, id) {
          await tx.order.delete({ where: { id } });
          await prisma.line.deleteMany({ where: { id } });
        }
        async function closeAll(tx, ids) { for (const id of ids) await close(tx, id); }
        export const clear = (ids) => prisma.$transaction(async (tx) => { await closeAll(tx, ids); });${SAVE}`, findings: [found({ related: [8, 8, 7] })] },
    { name: "in a service's field, among the options", code: `
        import { PrismaClient } from "@prisma/client";
        class Orders {
          private readonly prisma = new PrismaClient();
          save(id) { return this.prisma.$transaction(async (tx) => { await tx.order.update({ where: { id }, data: {} }); await this.close(id, { tx }); }); }
          private async close(id, { tx }) {
            await tx.order.delete({ where: { id } });
            await this.prisma.line.deleteMany({ where: { id } });
          }
        }
        export const orders = new Orders();`, findings: [found({ line: 7, message: "`this.prisma` is the @prisma/client session around the transaction whose handle `Orders.close` is given", related: [4, 4] })] },
  ],
});
