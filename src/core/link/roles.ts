/** What a file is for, as its path says: code that runs once by hand or in tests is no production path. */
export type FileRole = "source" | "test" | "script";

const TEST = /(^|\/)(__tests__|__mocks__|__fixtures__|tests?|specs?|e2e|cypress|playwright|evals?|testing|test-utils)\/|[.-](test|spec|e2e|cy|bench)\.[cm]?[jt]sx?$|(^|\/)(vitest|jest|cypress|playwright)\.(config|setup|global)[^/]*$|(^|\/)test-[^/]*\.[cm]?[jt]sx?$/i;
const SCRIPT = /(^|\/)(scripts?|bin|cli|migrations?|seeds?|seeders?|benchmarks?|bench|examples?)\/|(^|\/)(seed|migrate|migration|cli|setup-db|reset-db)\.[cm]?[jt]sx?$|[_-]migrations\//i;

export function fileRole(file: string, hashbang: boolean): FileRole {
  if (TEST.test(file)) return "test";
  return hashbang || SCRIPT.test(file) ? "script" : "source";
}
