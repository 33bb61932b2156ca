import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../../../src/harness/random.js";

/**
 * Size of each text file of an artifact, in characters. Compressing two of them is most of what importing an entry
 * costs: 7 to 10 ms, the reference's "entry_count * 10ms".
 */
const FILE_SIZE = 3_500;
const VOCABULARY = 2_000;
const TAGS = ["review", "testing", "docs", "refactoring", "security", "release", "data", "frontend"] as const;

/** Writes a checkout with `count` artifacts, every tenth a composite with three members. */
export function writeCheckout(folder: string, count: number, random: Random): void {
  const words = Array.from({ length: VOCABULARY }, () => random.below(1e9).toString(36));
  for (let i = 0; i < count; i += 1) {
    const composite = i % 10 === 9;
    const artifact = join(folder, composite ? "composites" : "skills", `artifact-${String(i).padStart(3, "0")}`);
    mkdirSync(join(artifact, "parts"), { recursive: true });
    const parts = composite ? ["plan", "write", "check"] : [];
    for (const part of parts) writeFileSync(join(artifact, "parts", `${part}.md`), writeText(words, 800, random));
    writeFileSync(join(artifact, "README.md"), writeText(words, FILE_SIZE, random));
    writeFileSync(join(artifact, "instructions.md"), writeText(words, FILE_SIZE, random));
    writeFileSync(
      join(artifact, "artifact.json"),
      JSON.stringify({
        name: `artifact-${i}`,
        type: composite ? "composite" : "skill",
        version: `1.${random.below(10)}.0`,
        description: `Artifact number ${i}`,
        tags: [random.pick(TAGS), random.pick(TAGS)],
        members: parts.map((part) => ({ name: part, type: "agent", file: `parts/${part}.md` })),
      }),
    );
  }
}

function writeText(words: readonly string[], size: number, random: Random): string {
  let text = "";
  // A few words are common and most are rare, as in prose: it compresses neither too well nor too badly.
  while (text.length < size) text += `${words[Math.floor(random.next() * random.next() * words.length)] ?? ""} `;
  return text;
}
