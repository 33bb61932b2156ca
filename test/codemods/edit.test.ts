import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdits, BOM, contentHash, EditError, lineEnding, selectGroups, staleFiles } from "../../src/core/edit.js";
import type { EditGroup, TextEdit } from "../../src/core/edit.js";

const span = { start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };

function group(id: string, edits: TextEdit[], creates: EditGroup["creates"] = []): EditGroup {
  const finding = { rule: "r", file: "a.ts", span, fingerprint: id };
  return { id, transform: "t", finding, safety: "safe", edits, creates, imports: [] };
}

const edit = (start: number, end: number, text: string, file = "a.ts"): TextEdit => ({ file, start, end, text });

/** A text and edits over it that do not collide: cut points taken in pairs. */
const textAndEdits = fc
  .tuple(
    fc.string({ unit: fc.constantFrom("a", "\n", "\t", "é", "😀", "x", " "), maxLength: 60 }),
    fc.array(fc.nat(80), { maxLength: 12 }),
    fc.array(fc.string({ unit: fc.constantFrom("Q", "R"), maxLength: 4 }), { minLength: 6, maxLength: 6 }),
  )
  .map(([text, cuts, texts]) => {
    const sorted = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
    const edits: TextEdit[] = [];
    for (let index = 0; index + 1 < sorted.length; index += 2) {
      edits.push(edit(sorted[index] ?? 0, sorted[index + 1] ?? 0, texts[index / 2] ?? ""));
    }
    return { text, edits };
  });

describe("applyEdits", () => {
  it("replaces, inserts and deletes by the offsets of the original", () => {
    expect(applyEdits("0123456789", [edit(8, 9, ""), edit(0, 2, "ab"), edit(5, 5, "+")])).toBe("ab234+5679");
  });

  it("keeps insertions at one offset in the order given, before a replacement that starts there", () => {
    expect(applyEdits("abc", [edit(1, 2, "X"), edit(1, 1, "1"), edit(1, 1, "2")])).toBe("a12Xc");
  });

  it("counts without the byte order mark and leaves it in place", () => {
    expect(applyEdits(`${BOM}abc`, [edit(0, 1, "Z")])).toBe(`${BOM}Zbc`);
  });

  it("writes inserted lines with the file's own ending", () => {
    expect(applyEdits("a\r\nb\r\nc", [edit(3, 3, "x\ny\n")])).toBe("a\r\nx\r\ny\r\nb\r\nc");
    expect(applyEdits("a\nb\r\nc\n", [edit(2, 2, "x\n")])).toBe("a\nx\nb\r\nc\n");
  });

  it("applies the same replacement given twice once", () => {
    expect(applyEdits("abc", [edit(0, 1, "X"), edit(0, 1, "X")])).toBe("Xbc");
  });

  it("refuses edits that overlap or lie outside, and says which", () => {
    expect(() => applyEdits("abcdef", [edit(0, 3, ""), edit(2, 4, "")])).toThrowError(
      expect.objectContaining({ code: "EDIT_OVERLAP", message: expect.stringContaining("a.ts") as unknown }),
    );
    expect(() => applyEdits("abc", [edit(2, 4, "")])).toThrowError(expect.objectContaining({ code: "EDIT_OUT_OF_RANGE" }));
    expect(() => applyEdits("abcdef", [edit(1, 4, ""), edit(2, 2, "x")])).toThrowError(EditError);
  });

  it("leaves every byte outside the ranges as it was", () => {
    fc.assert(
      fc.property(textAndEdits, ({ text, edits }) => {
        const result = applyEdits(text, edits);
        const kept: string[] = [];
        let at = 0;
        for (const { start, end } of edits) {
          kept.push(text.slice(at, start));
          at = end;
        }
        kept.push(text.slice(at));
        const expected = kept.flatMap((part, index) => (index < edits.length ? [part, edits[index]?.text ?? ""] : [part])).join("");
        expect(result).toBe(expected);
      }),
    );
  });

  it("does not depend on the order in which edits are given", () => {
    fc.assert(
      fc.property(
        textAndEdits.chain(({ text, edits }) => fc.tuple(fc.constant({ text, edits }), fc.shuffledSubarray(edits, { minLength: edits.length }))),
        ([{ text, edits }, shuffled]) => {
          expect(applyEdits(text, shuffled)).toBe(applyEdits(text, edits));
        },
      ),
    );
  });

  it("gives the same text in one go and one by one from the end", () => {
    fc.assert(
      fc.property(textAndEdits, ({ text, edits }) => {
        const oneByOne = edits.reduceRight((current, one) => applyEdits(current, [one]), text);
        expect(applyEdits(text, edits)).toBe(oneByOne);
      }),
    );
  });

  it("changes nothing but the ending of inserted text when the file has CRLF", () => {
    fc.assert(
      fc.property(textAndEdits, ({ text, edits }) => {
        const plain = applyEdits(text, edits);
        expect(applyEdits(BOM + text, edits)).toBe(BOM + plain);
      }),
    );
  });
});

describe("lineEnding", () => {
  it("is what most lines have", () => {
    expect(lineEnding("a\r\nb\r\nc\n")).toBe("\r\n");
    expect(lineEnding("a\nb\r\nc\n")).toBe("\n");
    expect(lineEnding("a")).toBe("\n");
  });
});

describe("selectGroups", () => {
  it("refuses a group that overlaps an earlier one as a whole", () => {
    const first = group("1", [edit(0, 5, "x")]);
    const second = group("2", [edit(4, 6, "y"), edit(20, 21, "z")]);
    const third = group("3", [edit(20, 22, "w")]);
    const { accepted, refused } = selectGroups([first, second, third]);
    expect(accepted.map(({ id }) => id)).toEqual(["1", "3"]);
    expect(refused).toEqual([{ group: second, reason: expect.stringContaining("a.ts at offset 4") as unknown }]);
  });

  it("lets groups touch, and share the same replacement or created file", () => {
    const created = [{ file: "s.ts", text: "s" }];
    const groups = [group("1", [edit(0, 5, "x")], created), group("2", [edit(0, 5, "x"), edit(5, 6, "")], created)];
    expect(selectGroups(groups).accepted).toHaveLength(2);
  });

  it("refuses a created file with other content, and a group that overlaps itself", () => {
    const groups = [
      group("1", [], [{ file: "s.ts", text: "s" }]),
      group("2", [], [{ file: "s.ts", text: "t" }]),
      group("3", [edit(0, 3, ""), edit(1, 2, "")]),
    ];
    expect(selectGroups(groups).refused.map(({ group: { id } }) => id)).toEqual(["2", "3"]);
  });

  it("lets nobody else edit lines that move", () => {
    const moving: EditGroup = { ...group("1", [edit(10, 12, ""), edit(20, 22, "")]), claims: [{ file: "a.ts", start: 10, end: 30 }] };
    const inside = group("2", [edit(15, 15, "x")]);
    const beside = group("3", [edit(30, 30, "y"), edit(5, 10, "z"), edit(15, 16, "", "b.ts")]);
    expect(selectGroups([moving, inside, beside]).accepted.map(({ id }) => id)).toEqual(["1", "3"]);
    expect(selectGroups([inside, moving]).refused).toEqual([{ group: moving, reason: "another fix moves the lines around it in a.ts at offset 15" }]);
  });

  it("accepts only sets that can be applied", () => {
    const anyEdit = fc.tuple(fc.nat(30), fc.nat(6), fc.constantFrom("", "x", "yy")).map(([start, length, text]) => edit(start, start + length, text));
    fc.assert(
      fc.property(fc.array(fc.array(anyEdit, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), (lists) => {
        const { accepted, refused } = selectGroups(lists.map((edits, index) => group(String(index), edits)));
        expect(accepted.length + refused.length).toBe(lists.length);
        const all = accepted.flatMap(({ edits }) => edits);
        expect(() => applyEdits("-".repeat(40), all)).not.toThrow();
      }),
    );
  });
});

describe("staleFiles", () => {
  it("names what changed or went away since the plan", () => {
    const texts: Record<string, string> = { "a.ts": "one", "b.ts": "two" };
    const hashes = { "a.ts": contentHash("one"), "b.ts": contentHash("Two"), "c.ts": contentHash("three") };
    expect(staleFiles(hashes, (file) => texts[file])).toEqual(["b.ts", "c.ts"]);
  });

  it("tells texts apart that differ in one unit", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.nat(), (text, at) => {
        const index = at % text.length;
        const other = text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ 1) + text.slice(index + 1);
        expect(contentHash(other)).not.toBe(contentHash(text));
      }),
    );
  });
});
