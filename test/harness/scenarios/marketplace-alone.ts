import { join } from "node:path";
import { expectOk, type RequestSpec, type ScriptContext } from "../scenario.js";

/** Sizes of the imports whose sessions are counted: two, to see how the count grows. */
const COUNTED = [10, 20] as const;

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

/** Everything that the service can do, one after the other, errors included. */
export async function runMarketplaceScript(script: ScriptContext): Promise<void> {
  const { send, random } = script;
  const post = (path: string, body: unknown): RequestSpec => ({ method: "POST", path, body });
  const create = async (name: string): Promise<{ id: string; entries: string[] }> => {
    const spec = post("/marketplace/sources", { name, checkoutPath: join(script.files, "small") });
    const body = await expectOk(send(spec), `source ${name}`);
    const entries = body.entries as Array<{ id: string; path: string }>;
    return { id: body.id as string, entries: entries.map((entry) => entry.id) };
  };

  for (const n of COUNTED) {
    const source = await create(`source-${n}`);
    const path = `/marketplace/sources/${source.id}/import_artifacts`;
    await script.countSessions("import", n, () => send(post(path, { entryIds: source.entries.slice(0, n) })));
    // Again, with overlap: what exists is updated.
    await send(post(path, { entryIds: source.entries.slice(n / 2, n / 2 + 6) }));
    await send({ method: "GET", path: `/marketplace/sources/${source.id}` });

    const reimport = `/marketplace/sources/${source.id}/reimport_catalog_entry`;
    await script.countSessions("reimport", 1, () => send(post(reimport, { entryId: source.entries[0] })));
    await send(post(reimport, { entryId: UNKNOWN }));
    await send(post(path, { entryIds: [UNKNOWN] }));
    await send(post(path, { entryIds: [] }));
  }
  await send(post("/marketplace/sources", { name: "source-10", checkoutPath: join(script.files, "small") }));
  await send(post("/marketplace/sources", { name: "nowhere", checkoutPath: join(script.files, "nowhere") }));

  await editArtifacts(script);
  await runWorkflows(script, random.below(4));
  await send({ method: "GET", path: "/marketplace/sources" });
}

async function editArtifacts(script: ScriptContext): Promise<void> {
  const { send, random } = script;
  const list = await expectOk(send({ method: "GET", path: "/marketplace/artifacts?limit=200" }), "list of artifacts");
  const artifacts = (list.artifacts as Array<{ id: string; name: string; sourceId: string }>)
    .map(({ id, name, sourceId }) => ({ id, name, sourceId }))
    // By what is the same in each run: ids are not.
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const unique = artifacts.filter((artifact) => artifacts.filter((other) => other.name === artifact.name).length === 1);
  for (let i = 0; i < 15; i += 1) {
    const path = `/marketplace/artifacts/${random.pick(unique).id}`;
    const body = { description: `edit ${i}`, tags: [`tag-${random.below(6)}`, "edited"], enabled: random.below(2) === 0 };
    if (i === 0) await script.countSessions("patch", 1, () => send({ method: "PATCH", path, body }));
    else await send({ method: "PATCH", path, body });
    if (i % 5 === 0) await send({ method: "GET", path });
  }
  await send({ method: "PATCH", path: `/marketplace/artifacts/${UNKNOWN}`, body: { enabled: false } });
  await send({ method: "PATCH", path: `/marketplace/artifacts/${UNKNOWN}`, body: {} });
  const tagged = { method: "GET", path: "/marketplace/artifacts?tag=edited&limit=200" } as const;
  await script.countSessions("list", 1, () => send(tagged));
}

async function runWorkflows(script: ScriptContext, offset: number): Promise<void> {
  const { send } = script;
  for (let i = 0; i < 4; i += 1) {
    const created = await expectOk(
      send({ method: "POST", path: "/workflows/executions", body: { workflow: ["publish", "audit", "deploy"][i % 3] } }),
      "execution",
    );
    const path = `/workflows/executions/${String(created.id)}/state`;
    const names = (created.steps as Array<{ name: string }>).map((step) => step.name);
    const change = (body: unknown): Promise<unknown> => send({ method: "POST", path, body });
    await change({ status: "completed" });
    const begin = { status: "running", steps: [{ name: names[0], status: "succeeded", output: "ok" }] };
    if (i === 0) await script.countSessions("workflow", 1, () => change(begin));
    else await change(begin);
    await change({ status: "running", steps: [{ name: "no-such-step", status: "succeeded" }] });
    await change({ status: "failed", error: "no step failed" });
    const end = [
      { status: "completed", steps: [{ name: names[1], status: "skipped" }] },
      { status: "failed", error: "broken", steps: [{ name: names[1], status: "failed" }] },
      { status: "cancelled" },
    ];
    await change(end[(i + offset) % end.length]);
    await change({ status: "running" });
    await send({ method: "GET", path: `/workflows/executions/${String(created.id)}` });
  }
  await send({ method: "POST", path: "/workflows/executions", body: { workflow: "unknown" } });
  await send({ method: "GET", path: `/workflows/executions/${UNKNOWN}` });
}
