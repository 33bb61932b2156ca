#!/usr/bin/env node
import { reportFailure } from "./failure.js";
import { assertKnownCommand, createProgram } from "./program.js";

// A reader that closes early (`sessionfix | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
  throw error;
});

try {
  const program = createProgram();
  assertKnownCommand(program, process.argv[2]);
  await program.parseAsync(process.argv);
} catch (error) {
  // Not process.exit(): what was written to a pipe must get there.
  process.exitCode = reportFailure(error);
}
