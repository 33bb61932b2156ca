import { describe, expect, it } from "vitest";
import { PALETTE } from "../../src/report/verify-page/palette.js";
import { verifyPage } from "../../src/report/verify-page/page.js";
import { verifyText } from "../../src/report/verify-text.js";
import { sampleReport } from "./verify-sample.js";
import pc from "picocolors";

const plain = pc.createColors(false);

/** By WCAG 2. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string): number => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe.each(["light", "dark"] as const)("the colours of the %s page", (name) => {
  const theme = PALETTE[name];
  it.each(["ink", "soft", "link", "good", "bad", "before", "after"] as const)("%s can be read on the page and on what is raised from it", (colour) => {
    expect(contrast(theme[colour], theme.ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(theme[colour], theme.raised)).toBeGreaterThanOrEqual(4.5);
  });
  it("labels can be told from the page", () => {
    for (const colour of theme.labels) expect(contrast(colour, theme.ground)).toBeGreaterThanOrEqual(3);
    expect(new Set(theme.labels).size).toBe(theme.labels.length);
  });
});

describe("the page", () => {
  it("names what does not hold", () => {
    const report = sampleReport();
    const [criterion] = report.verdict.criteria.slice(-1);
    Object.assign(criterion ?? {}, { pass: false });
    report.verdict.pass = false;
    const html = verifyPage(report);
    expect(html).toContain("✘ 1 of 11 criteria does not hold: longest stop of an event loop");
    expect(html.match(/<strong class="bad">✘ no<\/strong>/g)).toHaveLength(1);
  });

  it("of one program has no word of another", () => {
    const report = sampleReport();
    delete report.before;
    for (const criterion of report.verdict.criteria) {
      delete criterion.before;
      delete criterion.ratio;
    }
    const [page = ""] = verifyPage(report).split("<script type=");
    expect(page).not.toMatch(/<th[^>]*>Before<\/th>|class="line before"|, before/);
    expect(page).toContain('class="line after"');
  });

  it("says so where no lock was seen", () => {
    const report = sampleReport();
    for (const run of [...(report.before?.runs ?? []), ...report.after.runs]) for (const process of run.processes) Object.assign(process, { holds: [], watched: false });
    const html = verifyPage(report);
    expect(html).toContain("No write lock was seen.");
    expect(html).toContain("nothing is known of locks");
    expect(html).not.toContain("<canvas");
  });

  it("gives the rest of many labels one colour", () => {
    const report = sampleReport();
    report.after.runs[0]?.processes[0]?.holds.forEach((hold, i) => (hold.label = `label-${i % 20}`));
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(verifyPage(report))?.[1] ?? "") as { labels: string[]; runs: { lanes: { label: number; start: number[] }[] }[] };
    expect(data.labels).toHaveLength(8);
    expect(data.labels.at(-1)).toBe("all others");
    const shown = data.runs[0]?.lanes.reduce((sum, lane) => sum + lane.start.length, 0);
    expect(shown).toBe(4 * 40);
    expect(Math.max(...(data.runs[0]?.lanes.map(({ label }) => label) ?? []))).toBe(7);
  });
});

describe("the text", () => {
  it("has each criterion under its group, and the conclusion last", () => {
    const text = verifyText(sampleReport(), plain);
    expect(text).toMatch(/\nLOCKS\n {2}longest hold of the write lock +[\d.]+ ms +[\d.]+ ms +[\d.]+× less {2}✔ {2}≤ 1\.25 × before or 20 ms\n/);
    expect(text).toMatch(/sessions opened under load +80 +0 +none left\n/);
    expect(text).toContain("before: main   after: .; medians over 2 repetitions of 10 s each, seed 1, 2 server processes\n");
    expect(text.endsWith("✔ Still right, and no worse than asked: all 11 criteria hold.\n")).toBe(true);
  });

  it("lets no answer of a server steer the terminal", () => {
    const report = sampleReport();
    report.verdict.notes.push("after: 3 × list: \u001b[2J");
    expect(verifyText(report, plain)).toContain("list: \uFFFD[2J");
  });
});

describe("the operations by the code", () => {
  const sectionOf = (page: string): string => /<section id="by-code"[\s\S]*?<\/section>/.exec(page)?.[0] ?? "";
  const cells = (html: string): string[][] => [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row = ""]) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell = ""]) => cell.replace(/<wbr>/g, "")));

  it("stand before and after beside each other where they differ", () => {
    const rows = cells(sectionOf(verifyPage(sampleReport())));
    expect(rows[1]?.slice(1)).toEqual(["0", "read", "0", "–", "no"]);
    expect(rows[2]?.slice(1)).toEqual(["<s>n + 2</s> → <b>0</b>", "write", "2", "<s>3m</s> → <b>10</b>", "<s>network</s> → <b>no</b>"]);
  });

  it("stand alone where one program was run, and not at all where nobody read the code", () => {
    const { before, ...alone } = sampleReport();
    expect(before).toBeDefined();
    expect(cells(sectionOf(verifyPage(alone)))[2]?.slice(1)).toEqual(["0", "write", "2", "10", "no"]);
    delete alone.after.matrix;
    expect(sectionOf(verifyPage(alone))).toBe("");
  });
});
