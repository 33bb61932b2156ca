import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { foundFacts, statedFacts } from "./fixture.js";

const FOLDER = new URL("../../../fixtures/libraries/", import.meta.url);
const FIXTURES = readdirSync(FOLDER).filter((name) => /(?<!\.d)\.[cm]?[jt]s$/.test(name));

describe("the catalogue says of each library's own idiom", () => {
  it("has fixtures", () => {
    expect(FIXTURES).toContain("better-sqlite3.ts");
  });
  it.each(FIXTURES)("%s", (name) => {
    const text = readFileSync(new URL(name, FOLDER), "utf8");
    const stated = statedFacts(text);
    expect(stated).not.toEqual([]);
    expect(foundFacts(name, text)).toEqual(stated);
  });
});
