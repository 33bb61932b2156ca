import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";
import { callersOf } from "../../src/core/link/sessions.js";
import type { TransactionSite } from "../../src/core/link/transactions.js";

/**
 * A helper takes a function and runs it in a transaction: the transaction is then what each caller makes of it. One
 * site a call that passes a function, with that function alone as its body.
 */
export function callersPassing(project: ProjectFacts, site: TransactionSite): (TransactionSite & { helper: true })[] {
  const { graph } = project;
  const found: (TransactionSite & { helper: true })[] = [];
  for (const { file, call } of callersOf(graph, functionKey(site.file, site.call.fn)))
    for (const arg of call.args) {
      if (arg.k !== "fn") continue;
      const key = functionKey(file, arg.id);
      if (!site.bodies.includes(key)) continue;
      found.push({ ...site, helper: true, file, call, bodies: [key], invocations: [], fromParameter: false });
    }
  return found;
}
