import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MATRIX_FORMATS } from "../../src/report/matrix.js";
import { launch, missing } from "./support/browser.js";
import { DEEP, IMPORT, input, LIST, MEASURED, WHY } from "./support/matrix-sample.js";

describe.skipIf(missing !== undefined)(missing === undefined ? "the matrix in a browser" : `the matrix in a browser (skipped: ${missing})`, () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "matrix-page-"));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const long = { ...IMPORT, operation: "POST /api/v2/organisations/:organisationId/marketplace/sources/:sourceId/import_artifacts_from_catalogue" };
  const open = async (width: number) => {
    const file = path.join(folder, `${width}.html`);
    writeFileSync(file, MATRIX_FORMATS.html.render(input([long, DEEP, LIST], { measured: MEASURED, why: () => WHY }), { width: 100 }));
    const page = await (await browser.newContext({ viewport: { width, height: 800 } })).newPage();
    await page.goto(pathToFileURL(file).href);
    return page;
  };
  const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

  it("is a table whose cells stand below their heads", async () => {
    const page = await open(1_200);
    const columns = await page.evaluate<number[][]>(`[...document.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => Math.round(cell.getBoundingClientRect().right)))`);
    expect(columns.length).toBe(4);
    for (const row of columns) expect(row).toEqual(columns[0]);
    expect(await page.evaluate(overflow)).toBe(0);
  });

  it("is a list on a telephone, each figure with its name", async () => {
    const page = await open(360);
    expect(await page.evaluate(overflow)).toBe(0);
    expect(await page.evaluate<string>(`getComputedStyle(document.querySelector("tbody td:nth-child(2)"), "::before").content`)).toContain("Sessions");
  });

  it("opens to the paths", async () => {
    const page = await open(1_200);
    await page.locator("summary").first().click();
    expect(await page.locator("details[open]").first().textContent()).toContain("open opens a better-sqlite3 session");
  });
});
