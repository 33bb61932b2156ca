import { runTable, type Expected } from "./lib/table.js";

const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

const found = (more: Partial<Expected>): Expected => ({ line: 5, library: "@prisma/client", message: "`loadAll` runs on the @prisma/client session around the transaction whose handle `seed` is given", fix: "manual", reason: "pass the handle on to the helper", ...more });

const SAVE = `
        export const save = (id) => prisma.$transaction(async (tx) => { await tx.user.update({ where: { id }, data: {} }); await seed(tx, id); });`;

runTable({
  rule: "no-outer-session-in-transaction",
  theme: "helpers of functions that are given the handle",
  valid: [
    { name: "handed on", code: `${PRISMA}
        async function seed(tx, id) {
          const all = await loadAll(tx);
          await tx.setting.createMany({ data: all.map(({ name }) => ({ id, name })) });
        }
        const loadAll = (client) => client.manifest.findMany();${SAVE}` },
    { name: "handed on by the function, and by the helper", code: `${PRISMA}
        async function seed(tx, id) {
          const all = await loadAll({ client: tx });
          await tx.setting.createMany({ data: all.map(({ name }) => ({ id, name })) });
        }
        const loadAll = async ({ client }) => find(client);
        const find = (client = prisma) => client.manifest.findMany();${SAVE}` },
    { name: "what is read once and kept", code: `${PRISMA}
        let kept;
        async function loadAll() { kept ??= await prisma.manifest.findMany(); return kept; }
        async function seed(tx, id) {
          const all = await getAll();
          await tx.setting.createMany({ data: all.map(({ name }) => ({ id, name })) });
        }
        const getAll = async () => { if (!kept) kept = await prisma.manifest.findMany(); return kept; };${SAVE}` },
    { name: "what is begun for later", code: `${PRISMA}
        async function seed(tx, id) {
          await tx.setting.create({ data: { id } });
          void note(id);
        }
        const note = (id) => prisma.event.create({ data: { id } });${SAVE}` },
    { name: "what is noted when it fails", code: `${PRISMA}
        async function seed(tx, id) {
          try { await tx.setting.create({ data: { id } }); } catch (error) { await note(id); throw error; }
        }
        const note = (id) => prisma.failure.create({ data: { id } });${SAVE}` },
    { name: "another database", code: `${PRISMA}
        const others = new PrismaClient({ datasourceUrl: process.env.OTHERS });
        async function seed(tx, id) {
          const all = await loadAll();
          await tx.setting.createMany({ data: all.map(({ name }) => ({ id, name })) });
        }
        const loadAll = () => others.manifest.findMany();${SAVE}` },
    { name: "a helper that is named as one that may", code: `${PRISMA}
        async function seed(tx, id) {
          const all = await loadAll();
          await tx.setting.createMany({ data: all.map(({ name }) => ({ id, name })) });
        }
        const loadAll = () => prisma.manifest.findMany();${SAVE}`, options: { allowFunctions: ["loadAll"] } },
    { name: "the function where it is called without a transaction", code: `${PRISMA}
        async function seed(client, id) {
          const all = await loadAll();
          await client.setting.createMany({ data: all.map(({ name }) => ({ id, name })) });
        }
        const loadAll = () => prisma.manifest.findMany();
        export const save = (id) => seed(prisma, id);` },
  ],
  invalid: [
    { name: "a helper without it", code: `${PRISMA}
        async function seed(tx, id) {
          await tx.setting.deleteMany({ where: { id } });
          const all = await loadAll();
          await tx.setting.createMany({ data: all.map(({ name }) => ({ id, name })) });
        }
        const loadAll = () => prisma.manifest.findMany();${SAVE}`, findings: [found({ related: [9, 9, 8] })] },
    { name: "once for all callers, and through another function that hands it on", code: `${PRISMA}
        async function seed(tx, id) {
          await tx.setting.deleteMany({ where: { id } });
          const all = await loadAll();
          await tx.setting.createMany({ data: all.map(({ name }) => ({ id, name })) });
        }
        const loadAll = () => prisma.manifest.findMany();
        const seedAll = async (tx, ids) => { for (const id of ids) await seed(tx, id); };
        export const reset = (ids) => prisma.$transaction((tx) => seedAll(tx, ids));${SAVE}`, findings: [found({ related: [10, 10, 9, 8, 8] })] },
    { name: "a helper of the helper, by a branch: likely", code: `${PRISMA}
        async function seed(tx, id) {
          await tx.setting.deleteMany({ where: { id } });
          const all = await loadAll();
          await tx.setting.createMany({ data: all.map(({ name }) => ({ id, name })) });
        }
        const loadAll = async () => list();
        const list = async () => (process.env.FEW ? [] : find());
        const find = () => prisma.manifest.findMany();${SAVE}`, findings: [found({ confidence: "likely", related: [11, 11, 10] })] },
    { name: "across files, through a module that gives the functions of another one other names", code: {
      "src/db.ts": `import { PrismaClient } from "@prisma/client"; export const prisma = new PrismaClient();`,
      "src/manifests-internal.ts": `import { prisma } from "./db.js"; export async function loadAll() { return prisma.manifest.findMany(); }`,
      "src/manifests.ts": `import * as impl from "./manifests-internal.js"; export const loadAll = impl.loadAll;`,
      "src/settings.ts": `
        import type { Prisma } from "@prisma/client";
        import { loadAll } from "./manifests.js";
        export async function seed(tx: Prisma.TransactionClient, id: number) {
          const all = await loadAll();
          for (const { name } of all.slice(0, 10)) await tx.setting.create({ data: { id, name } });
        }`,
      "src/users.ts": `
        import { prisma } from "./db.js";
        import { seed } from "./settings.js";
        export const create = (id: number) => prisma.$transaction(async (tx) => {
          await tx.user.create({ data: { id } });
          await seed(tx, id);
        });` }, findings: [found({ file: "src/settings.ts", line: 4, related: ["src/users.ts:3", "src/users.ts:5", "src/manifests-internal.ts:1"] })] },
  ],
});
