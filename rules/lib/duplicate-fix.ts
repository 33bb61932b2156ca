import { RUNTIME } from "../../src/core/contract.js";
import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { DuplicateSessionDetail, SessionPerCallDetail } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { OpenSite } from "../../src/core/link/sessions.js";
import type { Draft } from "../rule.js";
import { sessionDetail } from "./session-detail.js";

type Session = DuplicateSessionDetail["sessions"][number];

const ONE_SESSION = "both modules have one session from now on: what one sets on it holds for the other, and one waits for the other's transaction";
const ONE_CLIENT = "both modules have one client from now on, and together as many connections as its pool has, where each had a pool of its own";

/** What a codemod needs to make the two one, and whether it may. */
export function duplicateFix(project: ProjectFacts, first: OpenSite, later: OpenSite): Pick<Draft, "detail" | "fix" | "fixReason"> {
  const sessions = [first, later].map((open): Session => ({ ...sessionDetail(project, open, []), file: open.file }));
  const refusal = whyNot(project, sessions);
  const [close] = sessions.flatMap(({ closes }) => closes.filter(({ file }) => project.program.role(file) === "source"));
  const ends = close === undefined ? "" : `; what closes one of them when the program ends (${close.file}:${close.span.line}) closes it for both`;
  return {
    detail: { kind: "duplicate-session", sessions },
    ...(refusal === undefined
      ? { fix: "review", fixReason: `${sessions.every(({ shareable }) => shareable === true) ? ONE_CLIENT : ONE_SESSION}${ends}` }
      : { fix: "manual", fixReason: refusal }),
  };
}

function whyNot(project: ProjectFacts, sessions: readonly Session[]): string | undefined {
  for (const session of sessions) {
    const { unshared, openOverAwait, wrappers = [], closes, library } = session;
    if (unshared !== undefined) return unshared.why;
    const [open] = openOverAwait;
    if (open !== undefined) return `a transaction stays open over an await on one of them (${open.file}:${open.span.line}); sharing it would let the other's work slip into that transaction`;
    const wrapper = wrappers.map((id) => libraryWithId(id)).find((one) => one?.sharing !== undefined);
    if (wrapper !== undefined) return `the ${wrapper.name} around it must be shared with it: make both once, in a module of their own`;
    const close = closes.find(({ file, once }) => !once && project.program.role(file) === "source");
    if (close !== undefined) return `one of them is closed while the program runs (${close.file}:${close.span.line}), which would close it for the other`;
    if (!isShareable(session)) return `a session of ${library} that two modules keep has no codemod yet: open it in one module, and import it`;
  }
  const closing = sessions.map(({ closes }) => closes.find(({ file }) => project.program.role(file) === "source"));
  const [one, other] = closing;
  if (one !== undefined && other !== undefined) return `both are closed when the program ends (${one.file}:${one.span.line}, ${other.file}:${other.span.line}): who closes the one session is a choice`;
  return unequal(project, sessions);
}

function isShareable({ library, shareable, shares }: SessionPerCallDetail): boolean {
  const starts = libraryWithId(library)?.opens.some((open) => open.shares?.starts !== undefined || open.shares?.forks !== undefined) === true;
  return shareable === true || (shares === true && !starts) || Object.hasOwn(RUNTIME.drivers, library);
}

/** What is set on the one session alone would hold for both. */
function unequal(project: ProjectFacts, sessions: readonly Session[]): string | undefined {
  const settings = sessions.map(({ scoped }) => scoped.filter(({ what }) => !/iterate/.test(what)).map((place) => ({ ...place, text: textOf(project, place) })));
  const [first = [], later = []] = settings;
  const alone = [...first.filter(({ text }) => !later.some((other) => other.text === text)), ...later.filter(({ text }) => !first.some((other) => other.text === text))][0];
  return alone && `\`${alone.what}\` is set on one of them alone (${alone.file}:${alone.span.line}), and would hold for both`;
}

/** Whatever the session is called there. */
function textOf({ program }: ProjectFacts, { file, span, what }: SessionPerCallDetail["scoped"][number]): string {
  const text = program.text(file, span);
  return text.slice(Math.max(0, text.indexOf(`.${what}`))).replace(/\s+/g, "");
}
