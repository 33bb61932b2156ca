import type { CallbackRole, Framework } from "../framework.js";

const INTERACTION: CallbackRole = { role: "entry", kind: "event", label: "a Discord interaction or message" };
/** What a loader calls of what a command's or an event's file exports. */
const CALLED = /^(execute|run|autocomplete)$/;
/** What they are given. The event of being ready, which comes once, gives the client alone. */
const GIVEN = /^(interaction|i|message|msg)$/;

/**
 * A bot's commands and events, one a file, which a loop over their folder loads: https://discordjs.guide/creating-your-bot/command-handling and
 * https://discordjs.guide/creating-your-bot/event-handling. Nothing names these files: they are told by what they export.
 */
export const discord: Framework = {
  name: "discord.js",
  specifiers: ["discord.js", "@discordjs/builders"],
  types: [],
  callbackParams: [],
  registrations: [],
  objects: ["execute", "run"].flatMap((called) => ["data", "name"].map((named) => ({ has: [named, called], property: CALLED, takes: GIVEN, role: INTERACTION }))),
  fileEntries: [
    {
      file: /(^|\/)(\w*commands?|events?|interactions|buttons|modals)\//i,
      imports: /^(discord\.js|@discordjs\/builders)$/,
      takes: [GIVEN],
      entry: (name) => (CALLED.test(name) ? INTERACTION : undefined),
    },
  ],
  startups: [],
};
