import { fileURLToPath } from "node:url";
import type { Finding } from "../../../src/core/finding.js";
import { readTree } from "./disk.js";
import { loopFinding, sessionFinding } from "./findings.js";

export const MARKETPLACE = fileURLToPath(new URL("../../fixtures/marketplace/before", import.meta.url));

const REPOSITORIES = ["src/cache/repositories/artifact-repository.ts", "src/cache/repositories/catalog-repository.ts", "src/cache/repositories/source-repository.ts"];
const CLOSERS = [...REPOSITORIES, "src/services/marketplace-import.ts", "src/workflows/workflow-transaction.ts", "src/cache/migrations.ts"];
export const IMPORT = "src/services/marketplace-import.ts";

export function marketplace(): Record<string, string> {
  return readTree(MARKETPLACE);
}

/** The two findings of the marketplace, as long as they are there to be found. */
export function marketplaceFindings(files: Readonly<Record<string, string>>): Finding[] {
  const findings: Finding[] = [];
  const base = files["src/cache/repositories/base-repository.ts"] ?? "";
  if (base.includes("createDbEngine(")) {
    const closes = CLOSERS.flatMap((file) =>
      [...(files[file] ?? "").matchAll(/session\.close\(\)/g)].map((_, nth) => ({ file, marker: "session.close()", nth, once: file.endsWith("migrations.ts") })),
    );
    findings.push(
      sessionFinding(files, "src/cache/models.ts", {
        open: "new Database(",
        key: "dbPath",
        options: "{ timeout: 30_000 }",
        factory: { marker: "export function createDbEngine", name: "createDbEngine", kind: "function", async: false, params: ["dbPath"], keyParam: 0, bare: false },
        closes,
        uses: [
          { file: "src/cache/repositories/base-repository.ts", marker: "createDbEngine(" },
          { file: "src/cache/migrations.ts", marker: "createDbEngine(", context: "once" },
        ],
        startups: [{ file: "src/server.ts", marker: "Fastify(", framework: "fastify" }],
      }),
    );
  }
  const service = files[IMPORT] ?? "";
  if (service.includes("const importAll = session.transaction(")) {
    findings.push(loopFinding(IMPORT, service, { transaction: "session.transaction(() => {\n", session: "session", runs: ["importAll.immediate("] }));
  }
  return findings;
}
