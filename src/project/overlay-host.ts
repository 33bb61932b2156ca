import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { globSync } from "tinyglobby";
import type { PlanHost } from "../core/edit.js";
import type { Overlay } from "./type-gate/type-gate.js";

const SOURCES = "**/*.{ts,tsx,mts,cts,js,jsx,mjs,cjs}";
const SKIPPED = ["**/node_modules/**", "**/.git/**", "**/dist/**", "**/build/**", "**/coverage/**"];

/** The project on disk as it was when first read; later changes on disk are found when the result is written. */
export class Disk {
  readonly #bytes = new Map<string, Buffer | undefined>();
  readonly #texts = new Map<string, string | undefined>();
  #list: string[] | undefined;

  constructor(readonly root: string) {}

  bytes(file: string): Buffer | undefined {
    if (!this.#bytes.has(file)) {
      const path = join(this.root, file);
      let bytes: Buffer | undefined;
      try {
        bytes = readFileSync(path);
      } catch {
        bytes = undefined;
      }
      this.#bytes.set(file, bytes);
    }
    return this.#bytes.get(file);
  }

  /** `undefined` for what is not there, or not UTF-8: it could not be written back unharmed. */
  text(file: string): string | undefined {
    if (!this.#texts.has(file)) {
      const bytes = this.bytes(file);
      const text = bytes?.toString("utf8");
      this.#texts.set(file, text !== undefined && bytes !== undefined && Buffer.from(text, "utf8").equals(bytes) ? text : undefined);
    }
    return this.#texts.get(file);
  }

  exists(file: string): boolean {
    return this.#bytes.get(file) !== undefined || existsSync(join(this.root, file));
  }

  list(): string[] {
    this.#list ??= globSync(SOURCES, { cwd: this.root, ignore: SKIPPED, dot: false }).sort();
    return this.#list;
  }
}

export function overlayHost(disk: Disk, overlay: Overlay): PlanHost {
  return {
    root: disk.root,
    read: (file) => overlay.get(file) ?? disk.text(file),
    exists: (file) => overlay.has(file) || disk.exists(file),
    list: () => [...new Set([...disk.list(), ...overlay.keys()])].sort(),
  };
}
