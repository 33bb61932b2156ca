import { spawn } from "node:child_process";
import { HarnessError } from "../errors.js";

const OUTPUT_TAIL = 2_000;

/** Runs the scenario's build command in a folder. @throws HarnessError `VERIFY_BUILD_FAILED`, with the end of its output. */
export async function buildTarget(folder: string, [command = "", ...args]: readonly string[]): Promise<void> {
  let output = "";
  const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-OUTPUT_TAIL)));
  const ended = await new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(code === 0 ? "" : `it ended with ${signal ?? code}`));
  });
  if (ended !== "") throw new HarnessError("VERIFY_BUILD_FAILED", `${[command, ...args].join(" ")} failed in ${folder}: ${ended}\n${output}`.trimEnd(), "`server.build` must work in both folders.");
}
