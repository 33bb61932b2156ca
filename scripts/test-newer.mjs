// `npm run vitest:newer`: the runtime's tests on a newer Node. `--driver <name>` for one driver; the rest goes to vitest.
import { installNewer, NEWER_DRIVERS, testOnNewerNode } from "./lib/newer.mjs";

const given = process.argv.slice(2);
const named = given.indexOf("--driver");
const drivers = named < 0 ? NEWER_DRIVERS : given.splice(named, 2).slice(1);
installNewer();
testOnNewerNode(drivers, given.length > 0 ? given : ["test/runtime"]);
