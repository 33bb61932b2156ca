import type { Finding, FindingDetail, OptionSchema, Priority } from "../src/core/finding.js";
import type { ProjectFacts } from "../src/core/link/index.js";

/**
 * A rule is a pure function of facts. Three hosts run it: ESLint, the command line, and the check after a codemod.
 * `Options` are complete: hosts merge what the user gave with `meta.defaults` first.
 */
export interface Rule<Options extends object = object> {
  name: string;
  meta: {
    priority: Priority;
    /** In the `recommended` config; needs 95 % precision on labelled real code (see docs/precision.md). */
    recommended: boolean;
    description: string;
    schema: OptionSchema;
    defaults: Options;
  };
  detect(file: string, project: ProjectFacts, options: Options): Finding[];
}

/**
 * What a rule makes; `finish` (lib/finish.ts) adds the rest, and tells several equal ones in one file apart.
 * `detail` is for rules that a codemod knows. `suggestions` are offered in the editor.
 */
export type Draft = Omit<Finding, "fingerprint" | "rule" | "priority" | "detail"> & { detail?: FindingDetail };
