import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decodeFacts, encodeFacts, factsKey } from "../../../src/core/cache/facts-entry.js";
import { seal, unseal } from "../../../src/core/cache/envelope.js";

const digest = (text: string) => createHash("sha256").update(text).digest("hex");

describe("a sealed value", () => {
  const sealed = seal("scan", "key", { name: "é🎉", list: [1, null] }, digest);

  it("comes back as it was", () => {
    expect(unseal("scan", "key", sealed, digest)).toEqual({ name: "é🎉", list: [1, null] });
  });

  it.each([
    ["cut short anywhere", (text: string) => text.slice(0, -1)],
    ["cut to nothing", () => ""],
    ["without its payload", (text: string) => text.slice(0, text.indexOf("\n") + 1)],
    ["with one character changed", (text: string) => text.replace("1,null", "2,null")],
    ["with something behind it", (text: string) => `${text} `],
    ["of another format", (text: string) => text.replace("sessionfix-cache 1", "sessionfix-cache 0")],
  ])("is refused %s", (_name, damage) => {
    expect(damage(sealed)).not.toBe(sealed);
    expect(unseal("scan", "key", damage(sealed), digest)).toBeUndefined();
  });

  it.each([
    ["another kind", "facts", "key"],
    ["another key", "scan", "other"],
  ])("is refused as %s", (_name, kind, key) => {
    expect(unseal(kind, key, sealed, digest)).toBeUndefined();
  });
});

describe("kept facts", () => {
  it("of another file, another content or another version of facts are refused", () => {
    const key = factsKey("a.ts", "hash", digest);
    const refused = { ok: false as const, reason: "syntax error at 1:1: no" };
    expect(decodeFacts(key, "a.ts", encodeFacts(key, refused, digest), digest)).toEqual(refused);
    expect(decodeFacts(factsKey("a.ts", "other", digest), "a.ts", encodeFacts(key, refused, digest), digest)).toBeUndefined();
    const old = seal("facts", key, { ok: true, facts: { version: 0, file: "a.ts" } }, digest);
    expect(decodeFacts(key, "a.ts", old, digest)).toBeUndefined();
    const others = seal("facts", key, { ok: true, facts: { version: 1, file: "b.ts" } }, digest);
    expect(decodeFacts(key, "a.ts", others, digest)).toBeUndefined();
  });
});
