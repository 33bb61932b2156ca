import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^sessionfix-runtime$/, replacement: at("./runtime/index.ts") },
      { find: /^sessionfix-runtime\/(.+)$/, replacement: at("./runtime/$1.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/fixtures/**", "**/node_modules/**"],
    pool: "forks",
    testTimeout: 30_000,
  },
});
