import { describe, expect, it } from "vitest";
import { Words } from "../../src/project/words.js";

describe("Words", () => {
  it.each<[string, string, string, boolean]>([
    ["a name that is declared", "export const stock = 1;", "stock", true],
    ["a part of another name", "export const stocks = 1;", "stock", false],
    ["a name with a dollar", "export const $stock = 1;", "$stock", true],
    ["a name in quotes", `exports["stock"] = 1;`, "stock", true],
    ["a name beyond ASCII", "export const größe = 1;", "größe", true],
    ["a name written as a string", `export { x as "in stock" };`, "in stock", true],
    ["what is passed on without a name", `export * from "./more.js";`, "stock", true],
    ["nothing", "", "stock", false],
  ])("%s", (_name, text, word, found) => {
    expect(new Words(text).has(word)).toBe(found);
  });
});
