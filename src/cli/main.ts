#!/usr/bin/env node
import { reportFailure } from "./failure.js";
import { createProgram } from "./program.js";

// A reader that closes early (`sessionfix | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
  throw error;
});

try {
  await createProgram().parseAsync(process.argv);
} catch (error) {
  // Not process.exit(): what was written to a pipe must get there.
  process.exitCode = reportFailure(error);
}
