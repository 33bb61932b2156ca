import { mkdtempSync, rmSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeDifference, digestDatabase, type DatabaseState } from "../../src/harness/digest.js";

const SCHEMA = `
  CREATE TABLE owners (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at TEXT);
  CREATE TABLE pets (id INTEGER PRIMARY KEY, owner_id TEXT REFERENCES owners (id), name TEXT, photo BLOB, run_id TEXT);
  CREATE TABLE toys (pet_id INTEGER REFERENCES pets, position INTEGER, label TEXT, PRIMARY KEY (pet_id, position));
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT);
`;

interface Pet {
  name: string;
  toys?: string[];
  photo?: string;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "digest-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function database(owners: Record<string, Pet[]>, more: (session: Database.Database) => void = () => undefined): DatabaseState {
  made += 1;
  const path = join(folder, `${made}.db`);
  const session = new Database(path);
  session.exec(SCHEMA);
  // Ids that no other database here has.
  let petId = made * 1_000;
  for (const [name, pets] of Object.entries(owners)) {
    const ownerId = randomUUID();
    const createdAt = new Date(1.7e12 + made * 7_000 + petId).toISOString();
    session.prepare("INSERT INTO owners VALUES (?, ?, ?)").run(ownerId, name, createdAt);
    for (const pet of pets) {
      petId += 1;
      const photo = pet.photo === undefined ? null : Buffer.from(pet.photo);
      session.prepare("INSERT INTO pets VALUES (?, ?, ?, ?, ?)").run(petId, ownerId, pet.name, photo, randomUUID());
      for (const [i, toy] of (pet.toys ?? []).entries()) session.prepare("INSERT INTO toys VALUES (?, ?, ?)").run(petId, i, toy);
    }
  }
  more(session);
  session.close();
  return digestDatabase(path, { replace: [[folder, "<folder>"]] });
}

describe("digestDatabase", () => {
  it("is the same for the same content, whatever the ids, times and order of rows", () => {
    const left = database({ ann: [{ name: "rex", toys: ["ball", "bone"] }, { name: "tom" }], bob: [{ name: "kit" }] });
    const right = database({ bob: [{ name: "kit" }], ann: [{ name: "tom" }, { name: "rex", toys: ["ball", "bone"] }] });
    expect(right).toEqual(left);
    expect(describeDifference(left, right)).toEqual([]);
  });

  it("sees a changed value", () => {
    const left = database({ ann: [{ name: "rex" }] });
    const right = database({ ann: [{ name: "max" }] });
    expect(right.digest).not.toBe(left.digest);
    expect(describeDifference(left, right)).toEqual(["table pets: 1 rows before, 1 after; 1 only before, 1 only after"]);
  });

  it("sees a row that hangs on another parent, though every column but the key is equal", () => {
    const left = database({ ann: [{ name: "rex" }, { name: "tom" }], bob: [] });
    const right = database({ ann: [{ name: "rex" }], bob: [{ name: "tom" }] });
    expect(describeDifference(left, right)).toEqual(["table pets: 2 rows before, 2 after; 1 only before, 1 only after"]);
  });

  it("sees it through two foreign keys, the second naming no column", () => {
    const left = database({ ann: [{ name: "rex", toys: ["ball"] }], bob: [{ name: "rex" }] });
    const right = database({ ann: [{ name: "rex" }], bob: [{ name: "rex", toys: ["ball"] }] });
    expect(describeDifference(left, right)).toEqual(["table toys: 1 rows before, 1 after; 1 only before, 1 only after"]);
  });

  it("sees a duplicated row", () => {
    const left = database({ ann: [{ name: "rex" }] });
    const right = database({ ann: [{ name: "rex" }, { name: "rex" }] });
    expect(describeDifference(left, right)).toEqual(["table pets: 1 rows before, 2 after; 0 only before, 1 only after"]);
  });

  it("sees a changed blob, and tells null from a text", () => {
    const left = database({ ann: [{ name: "rex", photo: "one" }] });
    const right = database({ ann: [{ name: "rex", photo: "two" }] });
    expect(right.digest).not.toBe(left.digest);
    const none = database({}, (session) => session.exec("INSERT INTO settings VALUES ('a', NULL)"));
    const text = database({}, (session) => session.exec("INSERT INTO settings VALUES ('a', 'null')"));
    expect(text.digest).not.toBe(none.digest);
  });

  it("keeps a key that is a name, and blanks the folder of the run", () => {
    const set = (key: string, value: string) => (session: Database.Database): void => {
      session.prepare("INSERT INTO settings VALUES (?, ?)").run(key, value);
    };
    expect(database({}, set("path", `${folder}/x`))).toEqual(database({}, set("path", "<folder>/x")));
    expect(database({}, set("a", "1")).digest).not.toBe(database({}, set("b", "1")).digest);
  });

  it("tells a row whose parent is gone from one that has it", () => {
    const left = database({ ann: [{ name: "rex" }] });
    const right = database({ ann: [{ name: "rex" }] }, (session) => {
      session.pragma("foreign_keys = OFF");
      session.exec("UPDATE pets SET owner_id = 'nobody'");
    });
    expect(describeDifference(left, right)).toEqual(["table pets: 1 rows before, 1 after; 1 only before, 1 only after"]);
  });

  it("names a table that only one state has", () => {
    const left = database({});
    const right = database({}, (session) => session.exec("CREATE TABLE extra (x)"));
    expect(describeDifference(left, right)).toEqual(["table extra is only in the state after"]);
  });
});
