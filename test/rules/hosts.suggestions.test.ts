import { describe, expect, it } from "vitest";
import type { Suggestion } from "../../src/core/finding.js";
import { finish } from "../../rules/lib/finish.js";
import type { Rule } from "../../rules/rule.js";
import { HOSTS } from "./lib/eslint-hosts.js";

/** Reports the file's first call and offers what it is given. */
function ruleOffering(suggest: (call: { start: number; end: number }) => Suggestion[]): Rule {
  const rule: Rule = {
    name: "no-first-call",
    meta: { priority: "P3", recommended: false, description: "Disallow it", schema: { type: "object" }, defaults: {} },
    detect(file, project) {
      const [call] = project.program.file(file).calls;
      if (!call) return [];
      const { span } = call;
      return finish(rule, project, [
        { file, span, message: "No call.", confidence: "proven", library: "better-sqlite3", fix: "manual", fixReason: "-", why: [], related: [], suggestions: suggest(span) },
      ]);
    },
  };
  return rule;
}

const HEAD = `import Database from "better-sqlite3";\r\n`;
const CODE = `${HEAD}new Database("a.db");\r\n`;

describe.each(HOSTS.map((host) => [host.name, host] as const))("suggestions in %s", (_, host) => {
  it("are offered with their message, and their edits are made together", () => {
    const rule = ruleOffering(({ start, end }) => [
      { message: "Open it once {{for}} all.", edits: [{ start: end, end, text: ")" }, { start, end: start, text: "once(" }] },
      { message: "Remove it.", edits: [{ start, end, text: "" }] },
    ]);
    const [message] = host.lint(rule, "src/app.js", CODE, {});
    const at = HEAD.length;
    const end = at + `new Database("a.db")`.length;
    expect(message?.suggestions?.map(({ desc, fix }) => ({ desc, fix }))).toEqual([
      { desc: "Open it once {{for}} all.", fix: { range: [at, end], text: `once(new Database("a.db"))` } },
      { desc: "Remove it.", fix: { range: [at, end], text: "" } },
    ]);
  });

  it("count their offsets without the byte order mark", () => {
    const rule = ruleOffering(({ start, end }) => [{ message: "Remove it.", edits: [{ start, end, text: "" }] }]);
    const [message] = host.lint(rule, "src/app.js", `\uFEFF${CODE}`, {});
    expect(message?.suggestions?.[0]?.fix.range[0]).toBe(HEAD.length);
    expect(message?.line).toBe(2);
  });

  it("that overlap or hold nothing are left out, and the finding stays", () => {
    const rule = ruleOffering(({ start, end }) => [
      { message: "Overlapping.", edits: [{ start, end, text: "a" }, { start: start + 1, end, text: "b" }] },
      { message: "Empty.", edits: [] },
      { message: "Backwards.", edits: [{ start: end, end: start, text: "" }] },
    ]);
    const messages = host.lint(rule, "src/app.js", CODE, {});
    expect(messages.map(({ message, suggestions }) => ({ message, suggestions }))).toEqual([{ message: "No call.", suggestions: undefined }]);
  });

  it("a rule without any reports as before", () => {
    expect(host.lint(ruleOffering(() => []), "src/app.js", CODE, {})).toHaveLength(1);
  });
});
