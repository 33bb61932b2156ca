import { describe, expect, it } from "vitest";
import { RUNTIME } from "../../src/core/contract.js";
import * as betterSqlite3 from "../../runtime/better-sqlite3.js";
import * as runtime from "../../runtime/index.js";

// What codemods write must be what the runtime offers: this is the only place that sees both.
describe("the contract between codemods and runtime", () => {
  it.each(Object.values(RUNTIME.exports))("the runtime exports %s", (name) => {
    expect(runtime).toHaveProperty(name);
    expect(typeof (runtime as Record<string, unknown>)[name]).toBe("function");
  });

  it("each driver's entry exports its driver", () => {
    const entries: Record<string, object> = { "sessionfix-runtime/better-sqlite3": betterSqlite3 };
    for (const { specifier, name } of Object.values(RUNTIME.drivers)) expect(entries[specifier]).toHaveProperty(name);
  });
});
