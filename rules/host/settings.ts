/** The shared settings: `settings: { sessionfix: { … } }`, the same in ESLint and oxlint. */
export interface Settings {
  /** Report `likely` findings, too: the `strict` config sets this. Default: false. */
  strict: boolean;
  /** Use what `sessionfix scan` has kept of the other files, as long as they are the same. Default: true. */
  crossFile: boolean;
  /** Where the scan kept it (its `--cache-dir`), relative to the working directory. Default: `.cache/sessionfix` in the nearest `node_modules`. */
  cacheDir?: string;
}

export function readSettings(settings: Readonly<Record<string, unknown>> | undefined): Settings {
  const own = settings?.["sessionfix"];
  const given: { strict?: unknown; crossFile?: unknown; cacheDir?: unknown } = typeof own === "object" && own !== null ? own : {};
  return {
    strict: given.strict === true,
    crossFile: given.crossFile !== false,
    ...(typeof given.cacheDir === "string" ? { cacheDir: given.cacheDir } : {}),
  };
}
