import { Linter, type Rule as EslintRule, type SourceCode } from "eslint";
import * as espree from "espree";
import { describe, expect, it } from "vitest";
import plugin from "../../rules/index.js";

const CODE = `import Database from "better-sqlite3";
import express from "express";
const app = express();
app.get("/things", async (req, res) => {
  const db = new Database("app.db");
  db.transaction(() => { for (const one of req.body) db.prepare("INSERT INTO t VALUES (?)").run(one); })();
  res.json(db.prepare("SELECT * FROM things").all());
});
`;

type Tree = Record<string, unknown>;

function eachNode(tree: unknown, visit: (node: Tree) => void): void {
  if (typeof tree !== "object" || tree === null) return;
  if (!Array.isArray(tree)) visit(tree as Tree);
  for (const [key, value] of Object.entries(tree)) if (key !== "parent") eachNode(value, visit);
}

/** What a rule says of a source, run by hand. */
function report(source: unknown): string[] {
  const said: string[] = [];
  const context = {
    sourceCode: source,
    filename: "/project/src/app.js",
    cwd: "/project",
    options: [],
    settings: { sessionfix: { strict: true } },
    report: ({ data }: { data: { message: string } }) => said.push(data.message),
  };
  for (const rule of Object.values(plugin.rules)) {
    const exit = rule.create(context as unknown as EslintRule.RuleContext)["Program:exit"] as unknown as () => void;
    exit();
  }
  return said;
}

/** A fresh source with the tree and the scopes of ESLint, after a change. */
function sourceOf(change: (tree: Tree) => void): SourceCode {
  const linter = new Linter();
  linter.verify(CODE, { languageOptions: { sourceType: "module" } });
  const source = linter.getSourceCode();
  change(source.ast as unknown as Tree);
  return source;
}

describe("trees of other parsers", () => {
  const parserWith = (change: (node: Tree) => void) => ({
    parseForESLint: (code: string, options: object) => {
      const ast = (espree as unknown as { parse: (code: string, options: object) => Tree }).parse(code, { ...options, range: true, loc: true, comment: true, tokens: true });
      eachNode(ast["body"], change);
      return { ast };
    },
  });

  it.each([
    ["range without start and end", (node: Tree) => void (delete node["start"], delete node["end"])],
    ["no parent", (node: Tree) => void delete node["parent"]],
  ])("%s", (_, change) => {
    const config = { plugins: { sessionfix: plugin }, rules: { "sessionfix/no-session-per-call": "error" }, languageOptions: { parser: parserWith(change), sourceType: "module" } } as unknown as Linter.Config;
    const messages = new Linter().verify(CODE, config, { filename: "src/app.js" });
    expect(messages.map(({ ruleId, line, column, fatal, message }) => `${ruleId ?? `${fatal} ${message}`} ${line}:${column}`)).toEqual(["sessionfix/no-session-per-call 5:14"]);
  });

  it("start and end without range, which ESLint's own scope analysis cannot take but others' may", () => {
    const without = sourceOf((tree) => eachNode(tree["body"], (node) => void ("type" in node && delete node["range"])));
    expect(report(without)).toEqual(report(sourceOf(() => undefined)));
  });
});

describe("trees that nobody should hand out", () => {
  it("the same way of running finds what there is in a whole one", () => {
    expect(report(sourceOf(() => undefined)).length).toBeGreaterThan(0);
  });

  it.each([
    ["no body", (tree: Tree) => void (tree["body"] = null)],
    ["holes for statements", (tree: Tree) => void (tree["body"] = [null, undefined, 1, "x", {}])],
    ["no type", (tree: Tree) => eachNode(tree, (node) => void delete node["type"])],
    ["a node of every type unknown", (tree: Tree) => eachNode(tree["body"], (node) => void (node["type"] = "Unheard"))],
    ["ranges that are no ranges", (tree: Tree) => eachNode(tree["body"], (node) => void ("range" in node && (node["range"] = "0-1")))],
    ["ranges of nothing", (tree: Tree) => eachNode(tree["body"], (node) => void ("range" in node && (node["range"] = undefined)))],
  ])("%s: no exception", (_, change) => {
    expect(() => report(sourceOf(change))).not.toThrow();
  });

  it("every property of every node gone, one at a time: no exception", () => {
    const keys = new Set<string>();
    eachNode(sourceOf(() => undefined).ast, (node) => Object.keys(node).forEach((key) => keys.add(key)));
    for (const key of keys) {
      if (key === "parent" || key === "loc") continue;
      expect(() => report(sourceOf((tree) => eachNode(tree["body"], (node) => void delete node[key]))), key).not.toThrow();
    }
  });

  it.each([
    ["no scopes", { scopeManager: null }],
    ["scopes that are no list", { scopeManager: { scopes: 1 } }],
    ["no tree", { ast: null }],
    ["comments without places", { getAllComments: () => [null, {}, { value: "x" }, { value: 1, range: [0, 1] }] }],
    ["no comments", { getAllComments: undefined }],
    ["comments that throw", { getAllComments: () => { throw new Error("not supported"); } }],
  ])("%s: no exception", (_, part) => {
    const { ast, scopeManager, text } = sourceOf(() => undefined);
    expect(() => report({ ast, scopeManager, text, getAllComments: () => [], ...part })).not.toThrow();
  });
});
