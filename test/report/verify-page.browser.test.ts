import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PALETTE } from "../../src/report/verify-page/palette.js";
import { verifyPage } from "../../src/report/verify-page/page.js";
import { launch, missing } from "./support/browser.js";
import { sampleReport, type SampleOptions } from "./verify-sample.js";

describe.skipIf(missing !== undefined)(missing === undefined ? "the page in a browser" : `the page in a browser (skipped: ${missing})`, () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "verify-page-"));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  let made = 0;
  /** Opens the page of a sample; `trouble` collects errors, refused contents and requests for anything else. */
  async function open(options: BrowserContextOptions = {}, sample: SampleOptions = {}): Promise<{ page: Page; trouble: string[] }> {
    const file = path.join(folder, `${(made += 1)}.html`);
    writeFileSync(file, verifyPage(sampleReport(sample)));
    const page = await (await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options })).newPage();
    const trouble: string[] = [];
    page.on("pageerror", (error) => trouble.push(String(error)));
    page.on("console", (message) => trouble.push(message.text()));
    page.on("request", (request) => (request.url() === pathToFileURL(file).href ? undefined : trouble.push(request.url())));
    await page.goto(pathToFileURL(file).href);
    await drawn(page);
    return { page, trouble };
  }

  /** Two frames on, what was asked for is drawn. */
  const drawn = (page: Page) => page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))");
  const told = (page: Page) => page.locator("#told").textContent();
  /** The colours in the drawing, as `#rrggbb`. */
  const colours = async (page: Page) =>
    new Set(await page.evaluate<string[]>(`(() => {
      const canvas = document.getElementById("drawing");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const found = new Set();
      for (let i = 0; i < data.length; i += 4) found.add("#" + [data[i], data[i + 1], data[i + 2]].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
      return [...found];
    })()`));
  const inView = async (page: Page) => {
    // A change of what is in view begins the count anew.
    await page.keyboard.press("n");
    return Number(/^\d+ of (\d+), by length/.exec((await told(page)) ?? "")?.[1]);
  };

  it.each([
    ["light", 1100],
    ["dark", 1100],
    ["light", 360],
    ["dark", 360],
  ] as const)("is drawn in %s at %d px, asks nobody for anything and is no wider than the screen", async (colorScheme, width) => {
    const { page, trouble } = await open({ colorScheme, viewport: { width, height: 800 } });
    const { ground, labels } = PALETTE[colorScheme];
    const found = await colours(page);
    expect([ground, labels[0], labels[1], labels[2]].filter((colour) => !found.has(colour))).toEqual([]);
    const other = PALETTE[colorScheme === "light" ? "dark" : "light"];
    expect(found.has(other.ground)).toBe(false);
    expect(await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")).toEqual([width, width]);
    // Each criterion is readable without scrolling sideways, its mark included.
    const marks = await page.locator("#criteria td[data-label=Holds]").all();
    expect(marks.length).toBeGreaterThan(5);
    for (const mark of marks) expect(((await mark.boundingBox())?.x ?? 0) + ((await mark.boundingBox())?.width ?? 0)).toBeLessThanOrEqual(width);
    expect(trouble).toEqual([]);
    const kept = process.env["SESSIONFIX_SCREENSHOTS"];
    if (kept !== undefined) {
      mkdirSync(kept, { recursive: true });
      await page.screenshot({ path: path.join(kept, `verify-${colorScheme}-${width}.png`), fullPage: true });
    }
  }, 60_000);

  it("prints in light colours, without controls, with all tables open, also from a dark screen", async () => {
    const { page } = await open({ colorScheme: "dark" });
    await page.emulateMedia({ media: "print" });
    await drawn(page);
    expect((await colours(page)).has(PALETTE.dark.ground)).toBe(false);
    expect(await page.locator(".controls").first().isVisible()).toBe(false);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    await page.pdf({ format: "A4" });
    expect(await page.locator("details[open]").count()).toBe(await page.locator("details").count());
    await page.emulateMedia({ media: "screen" });
    await drawn(page);
    expect((await colours(page)).has(PALETTE.dark.ground)).toBe(true);
  }, 60_000);

  it("is worked by keys, which say what they show", async () => {
    const { page } = await open();
    const holds = sampleReport().before?.runs[0]?.processes.flatMap((process) => process.holds) ?? [];
    const longest = Math.max(...holds.map(({ holdMs }) => holdMs));
    await page.focus("#drawing");
    const all = await inView(page);
    expect(all).toBe(4 * 40);
    const text = (await told(page)) ?? "";
    expect(Math.abs(Number(/held for ([\d.]+) ms/.exec(text)?.[1]) - longest)).toBeLessThan(0.1);
    expect(text).toMatch(/, before, process [12]: held for .* after a wait of .*; \d statements?$/);

    await page.keyboard.press("n");
    expect(await told(page)).toMatch(/^2 of 160/);
    await page.keyboard.press("p");
    expect(await told(page)).toMatch(/^1 of 160/);

    await page.keyboard.press("+");
    expect(await told(page)).toMatch(/^In view: 2\.[45]\d s to 7\.[45]\d s\.$/);
    const half = await inView(page);
    expect(half).toBeGreaterThan(all * 0.4);
    expect(half).toBeLessThan(all * 0.6);
    await page.keyboard.press("ArrowRight");
    expect(await told(page)).toMatch(/^In view: 3\.[67]\d s to 8\.[67]\d s\.$/);
    await page.keyboard.press("Home");
    expect(await inView(page)).toBe(all);
  }, 60_000);

  it("is worked by wheel and by dragging; without the focus the wheel scrolls the page", async () => {
    const { page } = await open();
    const canvas = page.locator("#drawing");
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    if (box === null) throw new Error("the drawing is not there");
    const scrolled = () => page.evaluate<number>("scrollY");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    const from = await scrolled();
    await page.mouse.wheel(0, -50);
    await expect.poll(scrolled).toBeLessThan(from);
    await page.focus("#drawing");
    expect(await inView(page)).toBe(160);

    const still = await scrolled();
    const at = await canvas.boundingBox();
    await page.mouse.move((at?.x ?? 0) + box.width / 2, (at?.y ?? 0) + 40);
    for (let i = 0; i < 6; i += 1) await page.mouse.wheel(0, -100);
    await expect.poll(() => inView(page)).toBeLessThan(60);
    expect(await scrolled()).toBe(still);
    const before = await told(page);
    await page.mouse.down();
    await page.mouse.move((at?.x ?? 0) + box.width / 2 - 300, (at?.y ?? 0) + 40, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.press("n");
    expect(await told(page)).not.toBe(before);

    await page.getByRole("button", { name: "All" }).click();
    await page.getByRole("button", { name: "Next longest hold" }).click();
    expect(await told(page)).toMatch(/^1 of 160/);
    await page.locator("#repetition").selectOption("2");
    expect(await told(page)).toBe("");
  }, 60_000);

  it("draws no more bars than there are pixels, however many holds there are", async () => {
    const { page } = await open({}, { holds: 25_000, repetitions: 1 });
    const bars = await page.evaluate<number>(`new Promise((resolve) => {
      const fill = CanvasRenderingContext2D.prototype.fillRect;
      let count = 0;
      CanvasRenderingContext2D.prototype.fillRect = function (...args) { count++; return fill.apply(this, args); };
      document.getElementById("drawing").focus();
      document.getElementById("drawing").dispatchEvent(new KeyboardEvent("keydown", { key: "+" }));
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(count)));
    })`);
    const lanes = 3 * 4;
    expect(bars).toBeGreaterThan(1_000);
    expect(bars).toBeLessThan(lanes * 2 * 1_100);
    await page.focus("#drawing");
    await page.keyboard.press("Home");
    expect(await inView(page)).toBe(100_000);
  }, 60_000);

  it("shows names from elsewhere as text", async () => {
    const { page, trouble } = await open({}, { hostile: `</script><img src=x onerror="document.title='taken'">&amp;` });
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).toMatch(/^shop<\/script><img src=x/);
    expect(await page.locator("h1").textContent()).toContain(`</script><img src=x onerror="document.title='taken'">&amp;: before and after`);
    expect(trouble).toEqual([]);
  }, 60_000);

  it("has a heading and a label for everything, for who hears it", async () => {
    const { page } = await open();
    const names = (role: "table" | "region" | "img") => page.getByRole(role).evaluateAll((all) => all.map((each) => (each as unknown as { ariaLabel: string | null; querySelector(what: string): { textContent: string } | null }).ariaLabel ?? ""));
    expect(await page.getByRole("heading", { level: 2 }).allTextContents()).toEqual(["What was asked for", "Locks over time", "Latency", "Shares", "Locks by operation", "Operations, by the code", "Processes and their event loops", "What ran where"]);
    expect(await page.locator("table:not(:has(caption))").count()).toBe(0);
    expect((await names("img")).every((name) => /^Latency of .* before: .*50 % .*slowest .*after: /.test(name))).toBe(true);
    await page.setViewportSize({ width: 360, height: 800 });
    // Laid out as blocks it is a table still.
    await expect.poll(() => page.getByRole("row", { name: /longest hold of the write lock/ }).count()).toBe(1);
    expect(await page.getByRole("rowheader", { name: "longest hold of the write lock" }).count()).toBe(1);
  }, 60_000);
});
