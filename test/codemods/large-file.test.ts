import { describe, expect, it } from "vitest";
import { loopFinding, spanOf } from "./helpers/findings.js";
import { fixOnce } from "./helpers/rounds.js";

const COUNT = 150;

function part(n: number): string {
  return `export function save${n}(db: Database.Database, rows: string[]): void {
  const all = db.transaction(() => {
    for (const row of rows) {
      if (!row) continue;
      db.prepare("INSERT INTO t VALUES (?)").run(row); // ${n}
    }
  });
  all();
}
`;
}

describe("many fixes in one file", () => {
  it("are planned together, with one import, and leave everything else alone", () => {
    const head = 'import type Database from "better-sqlite3";\n';
    const parts = Array.from({ length: COUNT }, (_, n) => part(n));
    const text = head + parts.join("");
    // The findings of one part, moved to where the part stands: making each from the whole text would take longer than the plan.
    const findings = parts.map((one, n) => {
      const shift = head.length + parts.slice(0, n).join("").length;
      const finding = loopFinding("a.ts", one, { transaction: "db.transaction(", runs: ["all("] });
      const moved: unknown = JSON.parse(JSON.stringify(finding), (_key, value: unknown) => {
        const span = value as { start?: unknown; end?: unknown } | null;
        return typeof span === "object" && typeof span?.start === "number" && typeof span.end === "number" ? spanOf(text, span.start + shift, span.end + shift) : value;
      });
      return { ...(moved as typeof finding), fingerprint: String(n) };
    });
    const { files, groups, manual } = fixOnce({ "a.ts": text }, findings);
    expect(manual).toEqual([]);
    expect(groups).toHaveLength(COUNT);
    const after = files["a.ts"] ?? "";
    expect(after.match(/^import /gm)).toHaveLength(2);
    expect(after.match(/batchedTransactionSync\(\n/g)).toHaveLength(COUNT);
    for (let n = 0; n < COUNT; n++) expect(after).toContain(`.run(row); // ${n}\n`);
  });
});
