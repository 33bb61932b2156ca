import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { fixOnce } from "./helpers/rounds.js";

const app = (body: string): Record<string, string> => ({
  "src/app.js": `import express from "express";
import Database from "better-sqlite3";
const app = express();
app.post("/files/:name", (request, response) => {
${body}
  response.json({ ok: true });
});
app.listen(3000);
`,
});

function fix(body: string): { text: string; manual: string[] } {
  const files = app(body);
  const found = findingsOf(ruleNamed("no-session-per-call"), files);
  expect(found).toHaveLength(1);
  const { files: after, manual } = fixOnce(files, found);
  return { text: after["src/app.js"] ?? "", manual: manual.filter(({ transform }) => transform === "use-shared-session").map(({ reason }) => reason) };
}

describe("a session that is opened only to make its file", () => {
  it("is not shared: it would stay open for nobody", () => {
    const body = "  const made = new Database(`files/${request.params.name}.db`);\n  made.close();";
    expect(fix(body)).toEqual({ text: app(body)["src/app.js"], manual: [expect.stringContaining("closed as soon as it is open")] });
  });

  it("is shared when something is done with it in between", () => {
    const { text, manual } = fix('  const made = new Database("app.db");\n  made.exec("CREATE TABLE IF NOT EXISTS t (v)");\n  made.close();');
    expect(manual).toEqual([]);
    expect(text).toContain("getSession(");
    expect(text).not.toContain("close()");
  });

  it("is shared when a function inside uses it", () => {
    expect(fix('  const made = new Database("app.db");\n  const read = () => made.prepare("SELECT 1").get();\n  read();\n  made.close();').manual).toEqual([]);
  });
});
