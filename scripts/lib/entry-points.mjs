/** What is built of the tool's sources, by name in `dist`: what people run, and what the tool itself starts in a process or thread of its own. */
export const TOOL_ENTRY_POINTS = {
  cli: "src/cli/main.ts",
  index: "src/index.ts",
  verify: "src/harness/index.ts",
  "read-worker": "src/project/workers/read-task.ts",
  "harness/probe": "src/harness/probe/main.ts",
  "harness/hooks": "src/harness/hooks.ts",
};
