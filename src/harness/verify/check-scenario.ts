import { HarnessError } from "../errors.js";
import type { Scenario } from "./scenario.js";
import { DEFAULT_THRESHOLDS } from "./thresholds.js";

export const FIELDS = ["name", "server", "prepare", "setUp", "actors", "invariants", "compare", "warmUpSeconds", "seconds", "repetitions", "seed", "thresholds"];
export const ACTOR_FIELDS = ["name", "rate", "concurrency", "thinkMs", "request", "run", "accept", "timeoutSeconds"];
export const SERVER_FIELDS = ["command", "args", "env", "database", "ready", "processes", "build", "startTimeoutSeconds"];

/**
 * A scenario file is not always TypeScript, and is not always type-checked.
 *
 * @throws HarnessError `VERIFY_SCENARIO_INVALID`: the place, and what is wrong there.
 */
export function checkScenario(value: unknown, file: string): Scenario<unknown> {
  const fail = (place: string, what: string): never => {
    throw new HarnessError("VERIFY_SCENARIO_INVALID", `${file}: ${place === "" ? "" : `${place}: `}${what}`, "docs/verify.md lists what a scenario may say.");
  };
  const object = (given: unknown, place: string, fields: readonly string[]): Record<string, unknown> => {
    if (!isObject(given)) return fail(place, "an object is needed here");
    for (const key of Object.keys(given)) if (!fields.includes(key)) fail(place === "" ? key : `${place}.${key}`, `nothing has this name here; there are ${fields.join(", ")}`);
    return given;
  };
  const number = (given: unknown, place: string, least: number, whole = false): void => {
    if (given === undefined) return;
    if (typeof given !== "number" || !Number.isFinite(given) || given < least || (whole && !Number.isInteger(given))) fail(place, `${whole ? "a whole number" : "a number"} from ${least} is needed here`);
  };
  const text = (given: unknown, place: string): void => {
    if (typeof given !== "string" || given === "") fail(place, "a text is needed here");
  };

  if (value === undefined) return fail("", "it exports no scenario: `export default defineScenario({ … })`");
  const scenario = object(value, "", FIELDS);
  text(scenario["name"], "name");
  const server = object(scenario["server"], "server", SERVER_FIELDS);
  text(server["command"], "server.command");
  if (server["database"] !== undefined) text(server["database"], "server.database");
  number(server["processes"], "server.processes", 1, true);
  number(server["startTimeoutSeconds"], "server.startTimeoutSeconds", 0.1);
  if (!/\{(?:database|scratch)\}/.test(JSON.stringify([server["args"], server["env"]])))
    fail("server", "neither `args` nor `env` has `{database}` or `{scratch}`: the load would run on the database that the application uses otherwise");
  for (const field of ["warmUpSeconds", "seconds"]) number(scenario[field], field, field === "seconds" ? 0.1 : 0);
  number(scenario["repetitions"], "repetitions", 1, true);
  number(scenario["seed"], "seed", 0, true);
  if (!Array.isArray(scenario["actors"]) || scenario["actors"].length === 0) fail("actors", "at least one actor is needed");
  const names = new Set<unknown>();
  for (const [index, given] of (scenario["actors"] as unknown[]).entries()) {
    const place = `actors[${index}]`;
    const actor = object(given, place, ACTOR_FIELDS);
    text(actor["name"], `${place}.name`);
    if (!/^[\x20-\x7e]+$/.test(String(actor["name"]))) fail(`${place}.name`, "only printable ASCII can be used here: the name travels in a request header");
    if (names.has(actor["name"])) fail(`${place}.name`, "another actor has this name");
    names.add(actor["name"]);
    if ((actor["rate"] === undefined) === (actor["concurrency"] === undefined)) fail(place, "either `rate` or `concurrency` is needed, and not both");
    if ((actor["request"] === undefined) === (actor["run"] === undefined)) fail(place, "either `request` or `run` is needed, and not both");
    number(actor["rate"], `${place}.rate`, 0.001);
    number(actor["concurrency"], `${place}.concurrency`, 1, true);
    number(actor["thinkMs"], `${place}.thinkMs`, 0);
    number(actor["timeoutSeconds"], `${place}.timeoutSeconds`, 0.1);
  }
  object(scenario["thresholds"] ?? {}, "thresholds", Object.keys(DEFAULT_THRESHOLDS));
  for (const [index, given] of ((scenario["invariants"] ?? []) as unknown[]).entries()) {
    const invariant = object(given, `invariants[${index}]`, ["name", "sql", "check"]);
    text(invariant["name"], `invariants[${index}].name`);
    if (typeof invariant["sql"] !== "string" && typeof invariant["check"] !== "function") fail(`invariants[${index}]`, "`sql` or `check` is needed");
  }
  return value as Scenario<unknown>;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
