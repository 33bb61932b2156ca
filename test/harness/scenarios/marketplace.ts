import { join } from "node:path";
import Database from "better-sqlite3";
import type { HttpAnswer, HttpClient } from "../../../src/harness/http-client.js";
import { expectOk, type RequestSpec, type Scenario } from "../scenario.js";
import { runMarketplaceScript } from "./marketplace-alone.js";
import { marketplaceInvariants } from "./marketplace-invariants.js";
import { writeCheckout } from "./checkout.js";

/** Artifacts of one import under load, as in the reference: "import 100 artifacts". */
export const IMPORT_SIZE = 100;
const SMALL_CHECKOUT = 20;

export interface Source {
  id: string;
  entries: string[];
}

export interface MarketplaceState {
  /** Imported before the load begins: its artifacts are what the actors edit. */
  base: Source;
  artifacts: string[];
  /** One for each concurrent import. */
  sources: Source[];
  executions: Map<number, Promise<string | undefined>>;
  acknowledgedEdits: number;
}

export const marketplace: Scenario<MarketplaceState> = {
  name: "marketplace",
  entry: "src/main.ts",
  environment: (databasePath) => ({ DB_PATH: databasePath, PORT: "0", LOG_LEVEL: "error" }),
  prepare(folder, random) {
    writeCheckout(join(folder, "large"), IMPORT_SIZE, random);
    writeCheckout(join(folder, "small"), SMALL_CHECKOUT, random);
  },
  alone: runMarketplaceScript,
  setUp: setUpMarketplace,
  actors: [
    { name: "health", perSecond: 20, operation: ({ send }) => send({ method: "GET", path: "/health" }) },
    {
      name: "list",
      perSecond: 20,
      operation: ({ send, state }) => send({ method: "GET", path: `/marketplace/artifacts?limit=50&sourceId=${state.base.id}` }),
    },
    {
      name: "patch",
      perSecond: 20,
      async operation({ send, state, random, index }) {
        const body = { description: `edit ${index}`, tags: [`tag-${random.below(12)}`, `tag-${random.below(12)}`] };
        const answer = await send({ method: "PATCH", path: `/marketplace/artifacts/${random.pick(state.artifacts)}`, body });
        if (answer.status === 200) state.acknowledgedEdits += 1;
        return answer;
      },
    },
    {
      name: "reimport",
      perSecond: 1,
      operation: ({ send, state, random }) =>
        send({
          method: "POST",
          path: `/marketplace/sources/${state.base.id}/reimport_catalog_entry`,
          body: { entryId: random.pick(state.base.entries) },
        }),
    },
    { name: "workflow", perSecond: 10, operation: advanceWorkflow },
  ],
  concurrent: {
    name: `import of ${IMPORT_SIZE}`,
    count: 5,
    operation: (state, index) => importOf(state.sources[index], IMPORT_SIZE),
  },
  blocked: {
    operation: (state) => importOf(state.sources[0], 10),
    health: { method: "GET", path: "/health" },
  },
  invariants: marketplaceInvariants,
  acknowledged(state, databasePath) {
    const session = new Database(databasePath, { readonly: true });
    try {
      const stored = session.prepare("SELECT sum(revision) FROM collection_artifacts").pluck().get();
      const lost = state.acknowledgedEdits - Number(stored ?? 0);
      return [{
        name: "every acknowledged edit is stored, once",
        violations: Math.abs(lost),
        examples: lost === 0 ? [] : [`${state.acknowledgedEdits} acknowledged, ${String(stored)} stored`],
      }];
    } finally {
      session.close();
    }
  },
};

export function importOf(source: Source | undefined, count: number): RequestSpec {
  if (source === undefined) throw new RangeError("no source is left to import");
  return {
    method: "POST",
    path: `/marketplace/sources/${source.id}/import_artifacts`,
    body: { entryIds: source.entries.slice(0, count) },
  };
}

async function setUpMarketplace(client: HttpClient, files: string, size: { concurrent: number }): Promise<MarketplaceState> {
  const base = await createSource(client, "base", join(files, "small"));
  const spec = importOf(base, SMALL_CHECKOUT);
  await expectOk(client.send(spec.method, spec.path, spec.body), "import of the base source");
  const list = await expectOk(client.send("GET", "/marketplace/artifacts?limit=200"), "list of artifacts");
  const artifacts = (list.artifacts as Array<{ id: string }>).map((artifact) => artifact.id);
  const sources: Source[] = [];
  for (let i = 0; i < size.concurrent; i += 1) {
    sources.push(await createSource(client, `source-${i}`, join(files, "large")));
  }
  return { base, artifacts, sources, executions: new Map(), acknowledgedEdits: 0 };
}

async function createSource(client: HttpClient, name: string, checkoutPath: string): Promise<Source> {
  const body = await expectOk(client.send("POST", "/marketplace/sources", { name, checkoutPath }), `source ${name}`);
  return { id: body.id as string, entries: (body.entries as Array<{ id: string }>).map((entry) => entry.id) };
}

interface WorkflowStep {
  send: (spec: RequestSpec) => Promise<HttpAnswer>;
  state: MarketplaceState;
  index: number;
  restartClock: () => void;
}

/** Every execution takes three operations: it is created, begun and ended. Each waits for the one before. */
function advanceWorkflow({ send, state, index, restartClock }: WorkflowStep): Promise<HttpAnswer> {
  const execution = Math.floor(index / 3);
  const path = "/workflows/executions";
  if (index % 3 === 0) {
    const created = send({ method: "POST", path, body: { workflow: "deploy" } });
    state.executions.set(execution, created.then(({ body }) => (body as { id?: string } | undefined)?.id));
    return created;
  }
  const change =
    index % 3 === 1
      ? { status: "running", steps: [{ name: "resolve", status: "succeeded", output: "ok" }] }
      : execution % 4 === 0
        ? { status: "failed", error: "smoke test", steps: [{ name: "smoke-test", status: "failed" }] }
        : { status: "completed" };
  const previous = state.executions.get(execution);
  const advanced = (async () => {
    const id = await previous;
    if (id === undefined) throw new Error("the operation before it failed");
    restartClock();
    return { id, answer: await send({ method: "POST", path: `${path}/${id}/state`, body: change }) };
  })();
  // Set before anything is awaited: the next operation may be due at once.
  state.executions.set(execution, advanced.then(({ id, answer }) => (answer.status === 200 ? id : undefined), () => undefined));
  return advanced.then(({ answer }) => answer);
}
