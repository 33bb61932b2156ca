import { runTable, type Expected } from "./lib/table.js";

const service = (methods: string, body: string) => `
        import { Prisma, PrismaClient } from "@prisma/client";
        type Tx = Prisma.TransactionClient;
        export class Orders {
          constructor(private readonly prisma: PrismaClient) {}
          ${methods}
          async save() {
            await this.prisma.$transaction(async (tx) => {
              ${body}
            });
          }
        }`;

const PASS = "pass the handle to the helper: it takes one";

const found = (line: number, what: string, related: number[], reason = PASS): Expected => ({ line, library: "@prisma/client", message: `\`${what}\` runs on the @prisma/client session around this transaction`, fix: "manual", reason, related });

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "helpers that take the handle or else use the session",
  valid: [
    { name: "the handle is given", code: service(`
          private client(tx?: Tx) { return tx ?? this.prisma; }
          async one(id: number, tx?: Tx) { const db = tx ?? this.prisma; return db.order.findUnique({ where: { id } }); }
          async two(id: number, tx?: Tx) { return (tx || this.prisma).order.findUnique({ where: { id } }); }
          async three(id: number, tx?: Tx) { return this.client(tx).order.findUnique({ where: { id } }); }
          async four({ id, tx }: { id: number; tx?: Tx }) { return (tx ?? this.prisma).order.findUnique({ where: { id } }); }
          async five(id: number, options?: { tx?: Tx }) { return (options?.tx ?? this.prisma).order.findUnique({ where: { id } }); }`, `
              await this.one(1, tx);
              await this.two(1, tx);
              await this.three(1, tx);
              await this.four({ id: 1, tx });
              await this.five(1, { tx });`) },
    { name: "options that others have put together", code: service(`
          async find(id: number, options: { tx?: Tx }) { return (options.tx ?? this.prisma).order.findUnique({ where: { id } }); }`, `
              const options = { tx };
              await this.find(1, options);
              await this.find(2, { ...options });`) },
    { name: "a handle of two that may be given", code: service(`
          async find(id: number, ctx?: { tx?: Tx }, tx?: Tx) { return (tx ?? ctx?.tx ?? this.prisma).order.findUnique({ where: { id } }); }`, `
              await this.find(1, { tx });`) },
    { name: "a session of another database in its place", code: `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const archive = new PrismaClient({ datasourceUrl: process.env.ARCHIVE });
        const find = (id: number, tx?: PrismaClient) => (tx ?? archive).order.findUnique({ where: { id } });
        export const save = () => prisma.$transaction(async (tx) => {
          await find(1);
          await tx.order.deleteMany();
        });` },
  ],
  invalid: [
    { name: "`tx ?? this.prisma`, kept in a name", code: service("async find(id: number, tx?: Tx) { const db = tx ?? this.prisma; return db.order.findUnique({ where: { id } }); }", `
              await this.find(1, tx);
              await this.find(2);`), findings: [found(10, "this.find", [7, 5])] },
    { name: "the same where it is used, and by a condition", code: service(`
          async find(id: number, tx?: Tx) { return (tx || this.prisma).order.findUnique({ where: { id } }); }
          async remove(id: number, tx?: Tx) { const db = tx ? tx : this.prisma; await db.order.delete({ where: { id } }); }`, `
              await this.find(1);
              await this.remove(1, undefined);`), findings: [found(11, "this.find", [9, 6]), found(12, "this.remove", [9, 7])] },
    { name: "a helper that chooses", code: service(`
          private client(tx?: Tx) { return tx ?? this.prisma; }
          async find(id: number, tx?: Tx) { return this.client(tx).order.findUnique({ where: { id } }); }`, `
              await this.find(1, tx);
              await this.find(2);`), findings: [found(12, "this.find", [9, 7])] },
    { name: "a parameter that is taken apart", code: service("async find({ id, tx }: { id: number; tx?: Tx }) { return (tx ?? this.prisma).order.findUnique({ where: { id } }); }", `
              await this.find({ id: 1, tx });
              await this.find({ id: 2 });`), findings: [found(10, "this.find", [7, 5])] },
    { name: "options without it", code: service("async find(id: number, options?: { tx?: Tx }) { return (options?.tx ?? this.prisma).order.findUnique({ where: { id } }); }", `
              await this.find(1, { tx });
              await this.find(2, {});
              await this.find(3);`), findings: [found(10, "this.find", [7, 5]), found(11, "this.find", [7, 5])] },
    { name: "a helper that is given it, and does not hand it on", code: service(`
          async find(id: number, tx?: Tx) { return (tx ?? this.prisma).order.findUnique({ where: { id } }); }
          async remove(id: number, tx: Tx) { await this.find(id); await tx.order.delete({ where: { id } }); }`, `
              await this.remove(1, tx);`), findings: [found(11, "this.remove", [9, 7, 6], "pass the handle on where `this.find` is called")] },
  ],
});
