import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, rawTransferSupported } from "oxc-parser";
import { expect, it } from "vitest";
import { parseSource, readTreesInPlace } from "../../src/project/parse.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const files = ["src", "rules", "test/rules", "test/core"].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.includes("dist"))
    .map((file) => path.join(folder, file)),
);

// Only a newer Node can: `npm run vitest:newer`.
it.runIf(rawTransferSupported() && process.platform !== "win32")("a tree that is read in place is the same", () => {
  readTreesInPlace();
  for (const file of files) {
    const text = readFileSync(path.join(root, file), "utf8");
    const parsed = parseSource(file, text);
    if (!parsed.ok) throw new Error(`${file}: ${parsed.reason}`);
    const { program } = parseSync(file, text, { astType: "ts", preserveParens: false, lang: "ts" });
    // As text: where they differ, a list of differences would be as long as the tree.
    expect(JSON.stringify(parsed.program) === JSON.stringify(program), file).toBe(true);
  }
});
