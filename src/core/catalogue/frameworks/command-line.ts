import type { CallbackRole, Framework } from "../framework.js";

const COMMAND: CallbackRole = { role: "once", label: "a command" };

/** Programs that run a command and end: https://github.com/tj/commander.js, https://yargs.js.org, https://github.com/cacjs/cac, https://github.com/unjs/citty, https://mael.dev/clipanion, https://oclif.io */
export const commandLine: Framework = {
  name: "command line",
  specifiers: ["commander", "@commander-js/extra-typings", "yargs", "yargs/yargs", "cac", "sade", "citty", "clipanion", "@oclif/core", "cleye"],
  aliases: [
    { path: /^(program|createCommand\(\)|(default\.)?Commandnew\(\)|default(\(\))?|default\.program|cac\(\)|command)(\.\w+\(\))?$/, as: "command" },
  ],
  types: ["Command", "Argv", "CAC"].map((type) => ({ type, as: "command" })),
  callbackParams: [{ path: /^command\.command$/, param: 0, as: "command" }],
  registrations: [
    { path: /^command\.(action|command|hook|parse|parseAsync|check|middleware|fail)$/, role: () => COMMAND },
    { path: /^(defineCommand|runMain|command)$/, role: ({ property }) => (property === undefined || /^(run|setup|cleanup)$/.test(property) ? COMMAND : undefined) },
  ],
  classes: [{ extends: /^(default\.)?Command$/, method: /^(execute|run)$/, role: COMMAND }],
  objects: [{ has: ["command", "handler"], property: /^handler$/, role: COMMAND }],
  startups: [],
};
