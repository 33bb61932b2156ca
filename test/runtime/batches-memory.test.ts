import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { bundleRuntime } from "./support/bundle.js";
import { tempFolder } from "./support/database.js";

/** `SESSIONFIX_ITEMS=10000000 npx vitest run test/runtime/batches-memory.test.ts` for the long run. */
const ITEMS = Number(process.env["SESSIONFIX_ITEMS"] ?? 400_000);
/** Of V8's old space, in MiB. 400,000 of the items, kept, take more than twice as much. */
const HEAP = 24;
const PROGRAM = fileURLToPath(new URL("support/flat-memory.mjs", import.meta.url));

test.each(["sync", "async"])(`promise 11: ${ITEMS.toLocaleString("en")} items of a generator (%s) pass through a heap of ${HEAP} MiB`, async (form) => {
  const runtimeUrl = await bundleRuntime(tempFolder());
  const { stdout } = await promisify(execFile)(process.execPath, [`--max-old-space-size=${HEAP}`, PROGRAM, runtimeUrl, form, String(ITEMS)], { timeout: 600_000 });
  const { items, sum } = JSON.parse(stdout) as { items: number; sum: [number, number] };
  expect(items).toBe(ITEMS);
  expect(sum).toEqual([ITEMS, (ITEMS * (ITEMS - 1)) / 2]);
}, 620_000);

test("promise 11: the heap is too small for the items themselves", async () => {
  const keep = `const kept = []; for (let id = 0; id < ${ITEMS}; id++) kept.push({ id, text: \`item \${id}\` }); console.log(kept.length);`;
  await expect(promisify(execFile)(process.execPath, [`--max-old-space-size=${HEAP}`, "-e", keep], { timeout: 120_000 })).rejects.toThrow();
}, 130_000);
