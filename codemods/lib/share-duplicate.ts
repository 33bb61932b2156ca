import type { EditGroup } from "../../src/core/edit.js";
import type { DuplicateSessionDetail } from "../../src/core/finding.js";
import { makerOf } from "./client-maker.js";
import type { Maker } from "./client-maker.js";
import { openOf } from "./factory.js";
import type { Creation } from "./factory.js";
import { sharedClientOf } from "./find-shared-client.js";
import type { SharedClient } from "./find-shared-client.js";
import { openingOf } from "./opening.js";
import type { Opening } from "./opening.js";
import { packageDir } from "./session-module.js";
import { importsProject, planClient, useShared } from "./share-client.js";
import { planPath } from "./share-in-file.js";
import { planOpened } from "./share-opened.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import type { Tree } from "./tree.js";

interface Site {
  detail: DuplicateSessionDetail["sessions"][number];
  tree: Tree;
  open: Creation;
  opening: Opening;
}

/** Sessions that two modules keep on one database become one: that of the module which has it already, or of one that both import. */
export function planDuplicate(group: EditGroup, detail: DuplicateSessionDetail, context: PlanContext, notes: string[]): void {
  const sites = detail.sessions.map((session): Site => {
    const tree = context.trees.get(session.file);
    if (tree === undefined) throw new CannotFix(`${session.file} could not be read`);
    const open = openOf(tree, session);
    return { detail: session, tree, open, opening: openingOf(tree, open, session) };
  });
  const [first, later] = sites;
  if (first === undefined || later === undefined) throw new CannotFix("only one of the sessions is known");
  if (packageDir(first.tree.file, context.host) !== packageDir(later.tree.file, context.host)) throw new CannotFix("the two are opened in different packages: open it in one that both may import");
  if (later.detail.shareable === true) shareClient(group, first, later, context, notes);
  else if (later.detail.shares === true) for (const { detail: session, tree, opening } of sites) planOpened(group, session, tree, opening, context, notes, { isKept: true });
  else for (const { tree, open } of sites) planPath(group, tree, open, filesOf(context, later.detail.library), context);
  const modules = new Set(group.imports.flatMap(({ from }) => ("file" in from ? [from.file] : [])));
  if (modules.size > 1) throw new CannotFix("the two are not opened by the same text: open it in one module, and import that session");
}

/** All modules that keep such a session in what this plan mends: the session module is for all of them. */
function filesOf({ findings, host }: PlanContext, library: string): string[] {
  return findings.flatMap(({ detail, fix }) => (detail.kind === "duplicate-session" && fix !== "manual" ? detail.sessions : [])).flatMap((session) => (session.library === library && host.exists(session.file) ? [session.file] : []));
}

/** A client with a pool of its own: the first module's where others may import it, else a module that makes it. */
function shareClient(group: EditGroup, first: Site, later: Site, context: PlanContext, notes: string[]): void {
  const maker = makerOf(later.tree.source, later.open);
  const there = maker && exportedClient(first, maker, later.tree, context);
  if (there !== undefined) {
    useShared(group, later.tree, later.open, there, notes);
    return;
  }
  for (const { tree, opening } of [first, later]) planClient(group, tree, opening, context, notes, true);
}

/** A module that imports files of the project may be loading while they ask for its client: then there is none yet. */
function exportedClient(first: Site, maker: Maker, asking: Tree, context: PlanContext): SharedClient | undefined {
  const found = sharedClientOf(first.tree, first.open, asking.file);
  return found !== undefined && makerOf(first.tree.source, first.open)?.name === maker.name && !importsProject(first.tree.file, context) ? found : undefined;
}
