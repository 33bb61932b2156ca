/** What a file is for, as its path says: code that runs once by hand or in tests is no production path. */
export type FileRole = "source" | "test" | "script";

const TEST_FOLDER = "__tests__|__mocks__|__fixtures__|tests?|specs?|e2e|cypress|playwright|evals?|testing|test-utils|\\.storybook";
/** `integration-tests`; an `ab-test` or a `speed-test` is as often what the program does. */
const KIND_OF_TEST = "acceptance|api|browser|component|contract|e2e|end-to-end|functional|fuzz|integration|load|perf|performance|regression|simulation|smoke|stress|system|ui|unit|visual";
const TEST = new RegExp(
  [
    `(^|/)(${TEST_FOLDER}|(${KIND_OF_TEST})[-_]tests?)/`,
    String.raw`(^|/)(tests?|specs?)\.[cm]?[jt]sx?$`,
    String.raw`[.-](test|spec|e2e|cy|bench|stories|story|fixtures?|mock)\.[cm]?[jt]sx?$`,
    String.raw`(^|/)(vitest|jest|cypress|playwright)\.(config|setup|global|workspace)[^/]*$`,
    String.raw`(^|/)test-[^/]*\.[cm]?[jt]sx?$`,
  ].join("|"),
  "i",
);

const SCRIPT_FOLDER = "scripts?|bin|cli|migrations|seeds?|seeders?|(?:[\\w-]+-)?(?:db|data|database)-seeding|benchmarks?|bench|examples?";
/** Names of files that are run by hand: `seed.ts`, `setup-db.ts`, `db-migrate.ts`, `prisma/seed.ts`. */
const SCRIPT_NAME = String.raw`(seed|migrate|migrations?|cli|(setup|reset|init|seed|migrate|drop|backfill)[-_.]?(db|database)|(db|database)[-_.]?(setup|reset|init|seed|migrate|push|drop)|run[-_.]?migrations?)`;
const TOOLS =
  "next|nuxt|vite|astro|svelte|remix|react-router|docusaurus|webpack|rspack|rollup|esbuild|tsup|tsdown|unbuild|babel|metro|postcss|tailwind|eslint|prettier|stylelint|drizzle|prisma|kysely|ecosystem|commitlint|release|trigger";
const SCRIPT = new RegExp(
  [
    `(^|/)(${SCRIPT_FOLDER})/`,
    String.raw`(^|/)${SCRIPT_NAME}\.[cm]?[jt]sx?$`,
    String.raw`[._-](migration|seed|seeder|backfill)\.[cm]?[jt]s$`,
    String.raw`(^|/)seed[-_.][\w-]+\.[cm]?[jt]s$`,
    String.raw`[_-]migrations/`,
    // A folder `migration` elsewhere is as often a feature: moving a user's data in or out.
    String.raw`(^|/)(db|database|prisma|drizzle|typeorm|knex|sequelize|mikro-orm|schema|sql)/migration/`,
    // Its files are numbered or dated: `migration/20240107_add_index.js`, TypeORM's `migration/1663851423064-AddUser.ts`.
    String.raw`(^|/)migration/(\d[\w.-]*|[\w-]+[-_]\d+[\w-]*)\.[cm]?[jt]s$`,
    // `drizzle.config.ts`, `tsup.server.config.mts`: a tool's own, not `database.config.ts`.
    String.raw`(^|/)(${TOOLS})(\.[\w-]+)?\.config(\.[\w-]+)?\.[cm]?[jt]s$`,
    String.raw`(^|/)\.[\w-]+rc\.[cm]?[jt]s$`,
    String.raw`(^|/)(knexfile|gulpfile|gruntfile|commitlint|ormconfig)\.[cm]?[jt]s$`,
  ].join("|"),
  "i",
);

/** What a framework finds by its place: below the root of its routes a folder is part of an address, as in `/api/scripts/[id]`. One that begins with `_` is not. */
const BELOW_ROOT = String.raw`(?:/[^_/][^/]*)*`;
const ADDRESS = new RegExp(
  [
    String.raw`(?<=(?:^|/)app)${BELOW_ROOT}(?=/(?:route|page|layout)\.[jt]sx?$)`,
    String.raw`(?<=(?:^|/)pages/api)${BELOW_ROOT}(?=/[^/]+\.[jt]sx?$)`,
    String.raw`(?<=(?:^|/)routes)${BELOW_ROOT}(?=/\+(?:server|(?:page|layout)(?:\.server)?)\.[jt]s$)`,
    String.raw`(?<=(?:^|/)server/(?:api|routes))${BELOW_ROOT}(?=/[^/]+\.(?:get|post|put|patch|delete|head|options)\.[jt]s$)`,
  ].join("|"),
);

/** `isScript`: it begins with a `#!`. */
export function fileRole(file: string, isScript: boolean): FileRole {
  const place = file.replace(ADDRESS, "");
  if (TEST.test(place)) return "test";
  return isScript || SCRIPT.test(place) ? "script" : "source";
}

/** A script, a seed or an example answers whoever tries it. A command may be how a program is started that then serves: `packages/cli/src/api/routes.ts`. */
export function servesNobody(file: string): boolean {
  return fileRole(file.replace(/(^|\/)(?:cli|bin)(?=\/)/gi, "$1command"), false) === "script";
}

/** It holds no code; what it declares without an import or export of its own, it declares for all files. */
export function isDeclarationFile(file: string): boolean {
  return /\.d\.(?:[^./]+\.)?[cm]?ts$/.test(file);
}
