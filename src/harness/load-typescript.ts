import module from "node:module";
import { pathToFileURL } from "node:url";
import { packageFile } from "./package-file.js";

/** From here on this process imports TypeScript files, on every supported Node. @throws HarnessError `VERIFY_NO_PROBE`. */
export function loadTypeScript(): void {
  module.register(pathToFileURL(packageFile("harness/hooks")));
}
