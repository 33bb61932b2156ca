// `npm run vitest:newer`: the runtime's tests on a newer Node, and those of reading files. `--driver <name>` for one driver; the rest goes to vitest.
import { installNewer, NEWER_DRIVERS, testsOnNewerNode } from "./lib/newer.mjs";
import { run } from "./lib/set-up.mjs";

const args = process.argv.slice(2);
const at = args.indexOf("--driver");
const driver = at < 0 ? undefined : args.splice(at, 2)[1];
if (at >= 0 && !(driver in NEWER_DRIVERS)) {
  console.error(`--driver needs one of ${Object.keys(NEWER_DRIVERS).join(", ")}.`);
  process.exit(2);
}
installNewer();
for (const { title, command, args: given, env } of testsOnNewerNode(driver && [driver], args)) run(title, command, given, { env });
