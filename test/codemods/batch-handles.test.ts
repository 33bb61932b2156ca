import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { fixOnce } from "./helpers/rounds.js";
import type { Fixed } from "./helpers/rounds.js";

const HEAD = `import { DataSource } from "typeorm";
import { Item, Order } from "./entities.js";

const dataSource = new DataSource({ type: "better-sqlite3", database: "app.db" });

`;

function fix(text: string, file = "src/app.ts"): Fixed & { text: string } {
  const files = { [file]: HEAD + text };
  const found = findingsOf(ruleNamed("no-unbatched-loop-transaction"), files);
  expect(found).toHaveLength(1);
  const fixed = fixOnce(files, found);
  return { ...fixed, text: (fixed.files[file] ?? "").replace(/^[\s\S]*?\n\n(?=export)/, "") };
}

function inTransaction(body: string, more = "", opening = "await dataSource.transaction(async (manager) => {"): string {
  return `export async function run(names: string[]) {
  ${opening}
    ${body}
  }${more});
}
`;
}

const LOOP = "for (const name of names) await manager.insert(Item, { name });";

describe("what is made from a transaction's handle, when there are several transactions", () => {
  it.each([
    ["a class of the project's own", `const items = new Items(manager);\n    for (const name of names) await items.add(name);\n    ${LOOP}`, "`items` is made from the transaction's handle"],
    ["a query that is yet to run", `const query = manager.createQueryBuilder(Item, "i");\n    for (const name of names) {\n      if (await query.getOne()) await manager.insert(Item, { name });\n    }`, "`query` is made from the transaction's handle"],
    ["a repository that changes hands", `let items = manager.getRepository(Item);\n    for (const name of names) await items.insert({ name });\n    items = manager.getRepository(Order);`, "`items` is made from the transaction's handle"],
    ["a promise that is awaited later", `const first = manager.findOneBy(Item, { id: 1 });\n    ${LOOP}\n    console.log(await first);`, "`first` is made from the transaction's handle"],
    ["an early return between writes", `await manager.insert(Item, { name: "first" });\n    if (names.length === 0) return;\n    ${LOOP}`, "returns early"],
  ])("%s is left", (_name, body, reason) => {
    const { groups, manual } = fix(inTransaction(body));
    expect(groups).toEqual([]);
    expect(manual[0]?.reason).toContain(reason);
  });

  it.each([
    ["options that are made by a call", inTransaction(LOOP, "", 'await dataSource.transaction(levelOf("x"), async (manager) => {'), "`levelOf(\"x\")` would be evaluated once a batch"],
    ["nobody who waits", inTransaction(LOOP, "", "dataSource.transaction(async (manager) => {"), "nobody waits for the transaction"],
    ["a promise that is kept", inTransaction(LOOP, "", "const done = dataSource.transaction(async (manager) => {"), "nobody waits for the transaction"],
  ])("%s is left", (_name, text, reason) => {
    const { groups, manual } = fix(text);
    expect(groups).toEqual([]);
    expect(manual[0]?.reason).toContain(reason);
  });

  it("is made again where it is plain: repositories, functions, objects around the handle", () => {
    const { text, manual } = fix(
      inTransaction(`const items = manager.getRepository(Item);
    const save = async (name: string) => {
      await items.insert({ name });
    };
    const context = { manager };
    for (const name of names) {
      await save(name);
      await log(context, name);
    }
    await items.insert({ name: "the end" });`),
    );
    expect(manual).toEqual([]);
    expect(text).toMatchInlineSnapshot(`
      "export async function run(names: string[]) {
        await batchedTransaction(
          (work: (manager: EntityManager) => Promise<void>) => dataSource.transaction(work),
          names,
          async (name, manager) => {
            const items = manager.getRepository(Item);
            const save = async (name: string) => {
              await items.insert({ name });
            };
            const context = { manager };
            await save(name);
            await log(context, name);
          },
          { batchSize: 10, label: "run" },
        );
        await dataSource.transaction(async (manager) => {
          const items = manager.getRepository(Item);
          await items.insert({ name: "the end" });
        });
      }
      "
    `);
  });

  it("takes the items out of a transaction of their own, and keeps what names no handle out of all", () => {
    const { text, groups } = fix(
      inTransaction(`const known = await manager.count(Item);
    await announce(known);
    for (const order of await manager.find(Order)) {
      await manager.insert(Item, { name: order.name });
    }`),
    );
    expect(groups[0]?.reason).toContain("what the loop goes over is read outside its transactions");
    expect(text).toMatchInlineSnapshot(`
      "export async function run(names: string[]) {
        const known = await dataSource.transaction(async (manager) => await manager.count(Item));
        await announce(known);
        await batchedTransaction(
          (work: (manager: EntityManager) => Promise<void>) => dataSource.transaction(work),
          await dataSource.transaction(async (manager) => await manager.find(Order)),
          async (order, manager) => {
            await manager.insert(Item, { name: order.name });
          },
          { batchSize: 10, label: "run" },
        );
      }
      "
    `);
  });

  it("writes no types in JavaScript, and keeps a comment between arguments", () => {
    const js = inTransaction(LOOP, "", 'await dataSource.transaction(/* strict */ "SERIALIZABLE", async (manager) => {').replace(": string[]", "");
    const { text, manual } = fix(js, "src/app.js");
    expect(manual).toEqual([]);
    expect(text).toMatchInlineSnapshot(`
      "export async function run(names) {
        await batchedTransaction(
          (work) => dataSource.transaction(/* strict */ "SERIALIZABLE", work),
          names,
          async (name, manager) => {
            await manager.insert(Item, { name });
          },
          { batchSize: 10, label: "run" },
        );
      }
      "
    `);
  });
});
