import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { isDeclarationFile } from "../core/link/roles.js";
import { errorCode, UsageError } from "./errors.js";
import { gitIgnoreRules } from "./git-ignore.js";
import type { IgnoreRules } from "./git-ignore.js";
import { isInside, toRelative } from "./paths.js";

/** What was there and could not be looked at, with the reason: reports show every one. */
export interface SkippedFile {
  file: string;
  reason: string;
}

export interface DiscoveredFiles {
  /** Source files, relative to the root, sorted. */
  files: string[];
  /** Declaration files, likewise: no code, but what they declare for all files may be a session's type. */
  declarations: string[];
  /** Every `package.json` met on the way, relative to the root. */
  manifests: string[];
  skipped: SkippedFile[];
}

const SOURCE_FILE = /\.(?:[cm]?ts|tsx|[cm]?js|jsx)$/;
const MINIFIED_NAME = /[.-]min\.[cm]?js$/;

/** Never source, wherever they stand. */
const FOREIGN_FOLDERS = new Set(["node_modules", "bower_components", "jspm_packages", "__snapshots__"]);
/** Made by a build or a test run, or copied in, unless they stand inside a source folder: `src/build/` and `pages/api/coverage/` are written by hand. */
const OUTPUT_FOLDERS = new Set(["coverage", "dist", "build", "out", "vendor", "vendors", "storybook-static"]);
const SOURCE_FOLDERS = new Set(["src", "source", "app", "pages", "routes", "api", "server", "lib"]);

/**
 * The source files under `paths` (absolute, inside `root`): `.ts .tsx .mts .cts .js .jsx .mjs .cjs`, without what git
 * ignores, dependencies, build output, declarations and minified code. A path that was named itself is always taken.
 *
 * @throws UsageError `PATH_NOT_FOUND` when a path does not exist.
 */
export async function discoverFiles(root: string, paths: string[]): Promise<DiscoveredFiles> {
  const walk = new Walk(root, await realpath(root).catch(() => root));
  for (const start of paths) await walk.start(start);
  return walk.result();
}

class Walk {
  private readonly files = new Set<string>();
  private readonly declarations = new Set<string>();
  private readonly manifests = new Set<string>();
  private readonly skipped = new Map<string, string>();

  constructor(
    private readonly root: string,
    private readonly realRoot: string,
  ) {}

  async start(absolute: string): Promise<void> {
    let stats;
    try {
      stats = await stat(absolute);
    } catch (error) {
      const code = errorCode(error);
      if (code === "ENOENT" || code === "ENOTDIR") {
        throw new UsageError("PATH_NOT_FOUND", `No such file or folder: ${absolute}`, "Check the path, or run sessionfix without one to scan the current folder.");
      }
      this.skip(absolute, ioReason(error));
      return;
    }
    if (stats.isDirectory()) await this.folder(absolute, gitIgnoreRules(absolute), false);
    else if (!SOURCE_FILE.test(absolute)) this.skip(absolute, "not a JavaScript or TypeScript file");
    else if (!stats.isFile()) this.skip(absolute, "not a regular file");
    else if (isDeclarationFile(absolute)) this.skip(absolute, "a declaration file: it holds no code that runs");
    else this.source(absolute);
  }

  result(): DiscoveredFiles {
    return {
      files: [...this.files].sort(),
      declarations: [...this.declarations].sort(),
      manifests: [...this.manifests].sort(),
      skipped: [...this.skipped].map(([file, reason]) => ({ file, reason })),
    };
  }

  private async folder(folder: string, rules: IgnoreRules, inSource: boolean): Promise<void> {
    let entries: Dirent[];
    try {
      entries = await readdir(folder, { withFileTypes: true });
    } catch (error) {
      this.skip(folder, ioReason(error));
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const folders: Promise<void>[] = [];
    for (const entry of entries) {
      const absolute = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (isForeignFolder(entry.name, inSource) || rules.ignores(absolute, true)) continue;
        folders.push(this.folder(absolute, rules.enter(absolute), inSource || SOURCE_FOLDERS.has(entry.name)));
      } else if (entry.name === "package.json") {
        this.manifests.add(toRelative(this.root, absolute));
      } else if (SOURCE_FILE.test(entry.name) && !rules.ignores(absolute, false)) {
        if (entry.isFile()) this.source(absolute);
        else if (entry.isSymbolicLink()) await this.link(absolute);
        else this.skip(absolute, "not a regular file");
      }
    }
    await Promise.all(folders);
  }

  private source(absolute: string): void {
    if (isDeclarationFile(absolute)) this.declarations.add(toRelative(this.root, absolute));
    else if (MINIFIED_NAME.test(absolute)) this.skip(absolute, "minified, by its name");
    else this.files.add(toRelative(this.root, absolute));
  }

  /** A link to a file inside the root adds nothing: its target is met under its own name. */
  private async link(absolute: string): Promise<void> {
    try {
      const target = await realpath(absolute);
      if (!isInside(this.realRoot, target)) this.skip(absolute, "a symbolic link that leads out of the scanned folder");
    } catch (error) {
      this.skip(absolute, errorCode(error) === "ENOENT" ? "a broken symbolic link" : ioReason(error));
    }
  }

  private skip(absolute: string, reason: string): void {
    this.skipped.set(toRelative(this.root, absolute) || ".", reason);
  }
}

function isForeignFolder(name: string, inSource: boolean): boolean {
  // Dot folders hold tools' state (.git, .next, .turbo, .yarn), not what the team writes.
  return name.startsWith(".") || FOREIGN_FOLDERS.has(name) || (!inSource && OUTPUT_FOLDERS.has(name));
}

/** A file system error in words. */
export function ioReason(error: unknown): string {
  switch (errorCode(error)) {
    case "EACCES":
    case "EPERM":
      return "cannot be read: permission denied";
    case "ENOENT":
      return "cannot be read: it is gone";
    case "ELOOP":
      return "a symbolic link that leads back to itself";
    case "EISDIR":
      return "a folder, not a file";
    default:
      return `cannot be read: ${errorCode(error) || "unknown error"}`;
  }
}
