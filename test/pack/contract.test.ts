import { describe, expect, it } from "vitest";
import { RUNTIME } from "../../src/core/contract.js";
import * as betterSqlite3 from "../../runtime/better-sqlite3.js";
import * as nodeSqlite from "../../runtime/node-sqlite.js";
import * as runtime from "../../runtime/index.js";

// What codemods write must be what the runtime offers: this is the only place that sees both.
describe("the contract between codemods and runtime", () => {
  it.each(Object.values(RUNTIME.exports))("the runtime exports %s", (name) => {
    expect(runtime).toHaveProperty(name);
    expect(typeof (runtime as Record<string, unknown>)[name]).toBe("function");
  });

  const entries: Record<string, object> = { "sessionfix-runtime/better-sqlite3": betterSqlite3, "sessionfix-runtime/node-sqlite": nodeSqlite };
  it.each(Object.values(RUNTIME.drivers))("$specifier exports its driver $name", ({ specifier, name }) => {
    expect(Object.keys(entries)).toContain(specifier);
    expect(entries[specifier]).toHaveProperty(name);
  });
});
