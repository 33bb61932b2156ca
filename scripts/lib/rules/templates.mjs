// What `npm run new-rule` writes. Everything that is left to do is marked TODO, and the tests fail until it is done.
import { exportName } from "./names.mjs";

const kebabToWords = (name) => name.replaceAll("-", " ");

export function ruleFile({ name, priority, recommended }) {
  return `import type { ProjectFacts } from "../src/core/link/index.js";
import type { TransactionSite } from "../src/core/link/transactions.js";
import { finish } from "./lib/finish.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  // TODO: what is wrong here, what it costs, what to do instead.
  found: (library: string) => \`This \${library} transaction is a TODO.\`,
};

export const ${exportName(name)}: Rule<Options> = {
  name: "${name}",
  meta: {
    priority: "${priority}",
    recommended: ${recommended},
    description: "TODO ${kebabToWords(name)}",
    schema: {
      type: "object",
      properties: {
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { ignoreLibraries: [] },
  },

  detect(file, project, options) {
    const drafts: Draft[] = [];
    for (const site of project.transactions) {
      if (site.file !== file || options.ignoreLibraries.includes(site.library)) continue;
      const draft = judge(project, site);
      if (draft) drafts.push(draft);
    }
    return finish(${exportName(name)}, project, drafts);
  },
};

function judge(project: ProjectFacts, site: TransactionSite): Draft | undefined {
  // TODO: prove it or return undefined. One false alarm costs more than one miss.
  if (project.isPrivate(site)) return undefined;
  return {
    file: site.file,
    span: site.call.span,
    message: messages.found(site.library),
    confidence: "proven",
    library: site.library,
    fix: "manual",
    fixReason: "TODO why no tool rewrites it",
    why: [],
    related: [],
  };
}
`;
}

export function docsPage({ name, priority, recommended }) {
  return `# ${name}

TODO ${kebabToWords(name)}.

${priority} · in \`${recommended ? "recommended" : "strict"}\` · libraries: TODO

TODO: what the rule reports, in two or three sentences.

## Why

TODO: what happens to who does not listen. Figures are measured, with the version, the machine and the command.

## Wrong

\`\`\`ts wrong
// TODO: three blocks, each a program with exactly one finding. "wrong strict": it is only likely.
\`\`\`

## Right

\`\`\`ts right
// TODO: three blocks. Options follow the word: right {"ignoreLibraries":["sqlite3"]}
\`\`\`

## Options

\`\`\`js
{ "sessionfix/${name}": ["error", { ignoreLibraries: [] }] }
\`\`\`

| option | default | |
|---|---|---|
| \`ignoreLibraries\` | \`[]\` | Libraries to leave out, by package name: \`sqlite3\`. |

Unknown options and values of the wrong type are refused by ESLint with a clear error.

## The fix

TODO: what is offered, and how safe it is: safe, review or manual (docs/safety.md), with the reason.

## When not to use it

- TODO

## Known gaps

- TODO

## Measured

TODO: precision and recall on labelled code, or "Not measured yet."
`;
}

export function testFile({ name, theme }) {
  return `import { runTable } from "./lib/table.js";

runTable({
  rule: "${name}",
  theme: "${theme}",
  valid: [
    {
      name: "TODO a database in memory, which nobody else waits for",
      code: \`
        import Database from "better-sqlite3";
        const db = new Database(":memory:");
        export const save = (name) => db.transaction(() => db.prepare("INSERT INTO things (name) VALUES (?)").run(name))();
      \`,
    },
  ],
  invalid: [
    {
      name: "TODO a transaction",
      code: \`
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const save = (name) => db.transaction(() => db.prepare("INSERT INTO things (name) VALUES (?)").run(name))();
      \`,
      findings: [{ line: 3, message: "TODO", fix: "manual", reason: "TODO" }],
    },
  ],
});
`;
}
