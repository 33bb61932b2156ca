/** The shared settings: `settings: { sessionfix: { … } }`, the same in ESLint and oxlint. */
export interface Settings {
  /** Report `likely` findings, too: the `strict` config sets this. Default: false. */
  strict: boolean;
}

export function readSettings(settings: Readonly<Record<string, unknown>> | undefined): Settings {
  const own = settings?.["sessionfix"];
  const given = typeof own === "object" && own !== null ? own : {};
  return { strict: "strict" in given && given.strict === true };
}
