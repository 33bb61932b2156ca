import { RUNTIME } from "../src/core/contract.js";
import type { CallFact } from "../src/core/facts/types.js";
import type { Confidence, Place } from "../src/core/finding.js";
import type { CallPlace } from "../src/core/link/calls.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { callPath } from "./lib/path.js";
import { processesOf } from "./lib/same-process.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Functions that initialise the sessions in a way that cannot be seen, by name: `startDatabase`. */
  initFunctions: string[];
}

const { initSessionFactory, getSession } = RUNTIME.exports;

const messages = {
  never: `\`${getSession}()\` is called to serve, and no start-up path of this program calls \`${initSessionFactory}()\`: the first call throws. Call \`${initSessionFactory}(factory)\` once, before the program serves.`,
  late: `This program serves with sessions of this factory, and no start-up path opens them: a wrong path or setting shows at the first request. Call \`${initSessionFactory}(factory)\` or \`factory.init()\` once, before the program serves.`,
};

export const requireSessionInit: Rule<Options> = {
  name: "require-session-init",
  meta: {
    priority: "P0",
    recommended: false,
    description: "Require that a program which serves with the runtime's sessions initialises them at start-up",
    schema: {
      type: "object",
      properties: {
        initFunctions: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { initFunctions: [] },
  },

  detect(file, project, options) {
    const uses = usesOf(project);
    if (!uses.some((use) => use.file === file) || !isWhole(project, uses) || initFunctionIsCalled(project, options.initFunctions)) return [];
    return finish(requireSessionInit, project, missing(project, uses).filter((draft) => draft.file === file));
  },
};

/** How the runtime is used at a call: `get` and `init` are of the default factory, `own` and `ready` of one that is held. */
interface Use extends CallPlace {
  kind: "create" | "get" | "init" | "own" | "ready";
}

const PATHS: readonly (readonly [RegExp, Use["kind"]])[] = [
  [/^(?:default\.)?createSessionFactory$/, "create"],
  [/^(?:default\.)?getSession$/, "get"],
  [/^(?:default\.)?initSessionFactory$/, "init"],
  [/^(?:default\.)?(?:create|init)SessionFactory\(.*\)\.getSession$/, "own"],
  [/^(?:default\.)?(?:create|init)SessionFactory\(.*\)\.(?:init|ready)$/, "ready"],
];

const found = new WeakMap<ProjectFacts, Use[]>();

function usesOf(project: ProjectFacts): readonly Use[] {
  let uses = found.get(project);
  if (!uses) {
    uses = [...project.graph.external].flatMap(([call, callees]): Use[] => {
      const kind = kindOf(project, callees);
      return kind ? [{ file: project.program.fileOf(call), call, kind }] : [];
    });
    found.set(project, uses);
  }
  return uses;
}

function kindOf(project: ProjectFacts, callees: readonly number[]): Use["kind"] | undefined {
  for (const id of callees) {
    const token = project.graph.values.tokens.get(id);
    if (token.t !== "external" || token.module !== RUNTIME.specifier) continue;
    const known = PATHS.find(([path]) => path.test(token.path));
    if (known) return known[1];
  }
  return undefined;
}

function missing(project: ProjectFacts, uses: readonly Use[]): Draft[] {
  const served = uses.filter((use) => (use.kind === "get" || use.kind === "own") && serves(project, use));
  const inits = uses.filter((use) => use.kind === "init" || use.kind === "ready");
  const bare = (use: Use): boolean => !inits.some((init) => reaches(project, init, use));
  const drafts: Draft[] = [];
  const gets = served.filter((use) => use.kind === "get" && bare(use));
  const [first] = gets;
  if (first) drafts.push(draftOf(project, first, messages.never, startsHere(project) ? "proven" : "likely", gets));
  if (gets.length > 0) return drafts;
  // Which factory a session came from is not told by its call: only one in all is surely it.
  const [factory, more] = uses.filter((use) => use.kind === "create" && isSource(project, use));
  const own = served.filter((use) => use.kind === "own" && bare(use));
  if (factory && !more && own.length > 0) drafts.push(draftOf(project, factory, messages.late, "likely", own));
  return drafts;
}

function isSource(project: ProjectFacts, { file }: CallPlace): boolean {
  return project.program.role(file) === "source";
}

/** A request, an event or a tick runs it, in code that is neither a script nor a test. */
function serves(project: ProjectFacts, use: Use): boolean {
  return isSource(project, use) && project.contexts.ofCall(use.file, use.call).has("per-call");
}

/** The program's start is in sight: what it does before that is, too. */
function startsHere(project: ProjectFacts): boolean {
  return project.startups().some((startup) => isSource(project, startup));
}

/** Everything that the program's start and its uses import from the project is in sight: else one of those may initialise. */
function isWhole(project: ProjectFacts, uses: readonly Use[]): boolean {
  const { program } = project;
  const files = new Set([...uses, ...project.startups()].map(({ file }) => file));
  return [...files].every((file) => program.file(file).specifiers.every((specifier) => !OWN_CODE.test(specifier) || ASSET.test(specifier) || program.host.resolve(file, specifier) !== undefined));
}

const OWN_CODE = /^(?:[.~#]|@\/)/;
const ASSET = /\.(?:json|css|scss|svg|png|html|sql|node|wasm)$/;

/** An initialisation that runs in the program of the use, or that may. */
function reaches(project: ProjectFacts, init: Use, use: Use): boolean {
  if (!isSource(project, init)) return false;
  const processes = processesOf(project);
  const roots = (place: CallPlace) => processes.rootsOf(place).map((root) => root.file);
  const others = roots(use);
  // A start-up hook that a framework loads by its name, as Next does with `instrumentation.ts`, is imported by nobody.
  return /(^|\/)(instrumentation|nitro|server)\b[^/]*$|\/plugins\//.test(init.file) || roots(init).some((root) => others.some((other) => processes.together(root, other)));
}

function initFunctionIsCalled({ program }: ProjectFacts, names: readonly string[]): boolean {
  if (names.length === 0) return false;
  const nameOf = (file: string, { callee }: CallFact) => (callee.k === "member" || callee.k === "global" ? callee.name : callee.k === "var" ? program.variable(file, callee.id).name : "");
  return [...program.files.values()].some(({ file, calls }) => calls.some((call) => names.includes(nameOf(file, call))));
}

function draftOf(project: ProjectFacts, { file, call }: Use, message: string, confidence: Confidence, uses: readonly Use[]): Draft {
  const [first] = uses;
  return {
    file,
    span: call.span,
    message,
    confidence,
    library: RUNTIME.specifier,
    fix: "manual",
    fixReason: "where the program starts, and with which path, is the program's to say",
    why: first ? callPath(project, functionKey(first.file, first.call.fn)) : [],
    related: uses.filter((use) => use.call !== call).map((use): Place => ({ file: use.file, span: use.call.span, text: "a session is taken here" })),
  };
}
