import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { capital, component, noun, plainCode } from "./code.mjs";
import { FRESH_SESSION, repository, routes, service, SESSION } from "./database-code.mjs";
import { seeded } from "./random.mjs";

/**
 * How many files of each kind, at scale 1: a monorepo with an API, two front ends and shared packages. One file in 25
 * names a database library; the admin pages reach the repositories on the server side and show the same components as
 * everybody else, so that most of the tree hangs together, as in real ones.
 */
const COUNTS = { utils: 300, contracts: 160, repositories: 158, services: 300, routes: 240, jobs: 50, middleware: 60, ui: 700, hooks: 120, web: 1_500, admin: 120, tests: 280 };
const LINES = { least: 100, most: 275 };

/**
 * Writes the tree under `root`: the same for the same seed and scale. Returns what it holds.
 */
export function writeTree(root, { seed = 1, scale = 1 } = {}) {
  const tree = new Tree(root, seeded(seed), scale);
  tree.manifests();
  tree.plain("packages/utils/src", "utils", tree.count("utils"));
  tree.plain("packages/contracts/src", "contract", tree.count("contracts"));
  tree.barrel("packages/utils/src/index.ts", tree.utils.map(({ file }) => file));
  tree.database();
  tree.api();
  tree.interface();
  tree.tests();
  return { files: tree.files, lines: tree.lines, naming: tree.naming };
}

class Tree {
  files = 0;
  lines = 0;
  naming = 0;
  utils = [];
  repositories = [];
  services = [];
  components = [];
  hooks = [];

  constructor(root, random, scale) {
    this.root = root;
    this.random = random;
    this.scale = scale;
  }

  count(kind) {
    return Math.max(5, Math.round(COUNTS[kind] * this.scale));
  }

  size() {
    return this.random.between(LINES.least, LINES.most);
  }

  write(file, text) {
    const absolute = path.join(this.root, file);
    mkdirSync(path.dirname(absolute), { recursive: true });
    writeFileSync(absolute, text);
    if (!/\.tsx?$/.test(file)) return;
    this.files++;
    this.lines += text.split("\n").length - 1;
    if (text.includes('"better-sqlite3"')) this.naming++;
  }

  manifests() {
    const manifest = (name, dependencies) => `${JSON.stringify({ name, private: true, type: "module", main: "src/index.ts", dependencies }, null, 2)}\n`;
    const options = { target: "ES2022", module: "NodeNext", moduleResolution: "NodeNext", strict: true, jsx: "react-jsx", skipLibCheck: true, noEmit: true, types: [] };
    this.write("package.json", `${JSON.stringify({ name: "acme", private: true, workspaces: ["apps/*", "packages/*"] }, null, 2)}\n`);
    this.write("tsconfig.json", `${JSON.stringify({ compilerOptions: options, include: ["apps", "packages"] }, null, 2)}\n`);
    for (const name of ["utils", "contracts", "db", "ui"]) this.write(`packages/${name}/package.json`, manifest(`@acme/${name}`, {}));
    for (const name of ["api", "web", "admin"]) this.write(`apps/${name}/package.json`, manifest(`@acme/${name}`, { "@acme/db": "workspace:*", "@acme/ui": "workspace:*", "@acme/utils": "workspace:*" }));
  }

  /** Files of plain functions, each importing a few earlier ones. */
  plain(folder, kind, count) {
    for (let at = 0; at < count; at++) {
      const area = `${noun(this.random)}s`;
      const prefix = `${kind}${at}`;
      const others = this.random.chance(0.6) ? this.random.some(this.utils, 2) : [];
      const imports = others.map(({ file, names }) => `import { ${names[0]} } from "${relative(`${folder}/${area}/x.ts`, file)}";`).join("\n");
      const { text, names } = plainCode(this.random, this.size(), prefix, others.map(({ names: [first] }) => first));
      const file = `${folder}/${area}/${prefix}.ts`;
      this.write(file, `${imports}\n\n${text}`);
      this.utils.push({ file, names });
    }
  }

  barrel(file, targets) {
    this.write(file, `${targets.map((target) => `export * from "${relative(file, target)}";`).join("\n")}\n`);
  }

  /** Imports of some plain functions, through the package's barrel or straight from a file. */
  usedUtils() {
    const used = this.random.some(this.utils, this.random.between(1, 3));
    const names = used.map(({ names: [first] }) => first);
    return { names, imports: `import { ${names.join(", ")} } from "@acme/utils";\n` };
  }

  database() {
    const folder = "packages/db/src";
    this.write(`${folder}/session.ts`, SESSION);
    this.write(`${folder}/reports.ts`, FRESH_SESSION);
    for (let at = 0; at < this.count("repositories"); at++) {
      const name = `${noun(this.random)}${at}`;
      const file = `${folder}/repositories/${name}.ts`;
      const mistake = at % 25 === 3 ? "loop" : at % 40 === 5 ? "session" : undefined;
      this.write(file, repository(this.random, name, `${name}_rows`, this.size(), { session: "../session.js", utils: this.usedUtils(), mistake }));
      this.repositories.push({ name, file, mistake });
    }
    this.barrel(`${folder}/index.ts`, [`${folder}/session.ts`, ...this.repositories.map(({ file }) => file)]);
  }

  /** `import { aRepository, … } from "@acme/db"`, and which. */
  usedRepositories(most) {
    const used = this.random.some(this.repositories, this.random.between(1, most)).map(({ name }) => name);
    return { used, imports: `import { ${used.map((name) => `${capital(name)}Repository`).join(", ")} } from "@acme/db";\n` };
  }

  api() {
    const folder = "apps/api/src";
    for (const kind of ["services", "jobs"])
      for (let at = 0; at < this.count(kind); at++) {
        const name = `${noun(this.random)}${capital(kind)}${at}`;
        const file = `${folder}/${kind}/${name}.ts`;
        const utils = this.usedUtils();
        const { used, imports } = this.usedRepositories(3);
        this.write(file, service(this.random, name, this.size(), { repositories: used, utils: { ...utils, imports: imports + utils.imports } }));
        if (kind === "services") this.services.push({ name, file, method: `${used[0]}ById` });
      }
    this.plain(`${folder}/middleware`, "middleware", this.count("middleware"));
    const all = [];
    for (let at = 0; at < this.count("routes"); at++) {
      const name = `${noun(this.random)}Routes${at}`;
      const file = `${folder}/routes/${name}.ts`;
      const services = this.random.some(this.services, this.random.between(1, 4));
      const utils = this.usedUtils();
      const imports = services.map((each) => `import { ${each.name}Service } from "${relative(file, each.file)}";\n`).join("");
      this.write(file, routes(this.random, name, this.size(), { services, utils: { ...utils, imports: imports + utils.imports } }));
      all.push({ name, file });
    }
    const app = `${folder}/app.ts`;
    const imports = all.map(({ name, file }) => `import { router as ${name} } from "${relative(app, file)}";`).join("\n");
    this.write(app, `import express from "express";\n${imports}\n\nexport const app = express();\n${all.map(({ name }) => `app.use("/api", ${name});`).join("\n")}\napp.listen(3000);\n`);
  }

  interface() {
    for (let at = 0; at < this.count("hooks"); at++) {
      const { text, names } = plainCode(this.random, this.size(), `hook${at}`);
      this.write(`packages/ui/src/hooks/hook${at}.ts`, text);
      this.hooks.push(names[0]);
    }
    const show = (folder, count, imported) => {
      for (let at = 0; at < count; at++) {
        const area = `${noun(this.random)}s`;
        const name = `${capital(noun(this.random))}${capital(path.basename(folder))}${at}`;
        const file = `${folder}/${area}/${name}.tsx`;
        const { children, calls, text, extra = "" } = imported(file);
        this.write(file, `import { useMemo, useState } from "react";\n${text}\n${component(this.random, name, this.size(), children, calls)}${extra}`);
        if (folder.startsWith("packages/ui")) this.components.push({ name, file });
      }
    };
    show("packages/ui/src/parts", this.count("ui"), (file) => {
      const children = this.random.some(this.components, 2);
      return { children: children.map(({ name }) => name), calls: [], text: children.map((each) => `import { ${each.name} } from "${relative(file, each.file)}";`).join("\n") };
    });
    this.barrel("packages/ui/src/index.ts", [...this.components.map(({ file }) => file), ...this.hooks.map((_name, at) => `packages/ui/src/hooks/hook${at}.ts`)]);
    const page = () => {
      const children = this.random.some(this.components, this.random.between(1, 4)).map(({ name }) => name);
      const utils = this.usedUtils();
      return { children, calls: utils.names, text: `import { ${children.join(", ")} } from "@acme/ui";\n${utils.imports}` };
    };
    show("apps/web/src/pages", this.count("web"), page);
    // Rendered on the server, beside the database.
    show("apps/admin/src/pages", this.count("admin"), () => {
      const { used, imports } = this.usedRepositories(2);
      const shown = page();
      const extra = `\nexport async function load${capital(used[0])}(id: string) {\n  const found = new ${capital(used[0])}Repository().get(id);\n  return { props: { found } };\n}\n`;
      return { ...shown, text: imports + shown.text, extra };
    });
  }

  tests() {
    for (let at = 0; at < this.count("tests"); at++) {
      const { name, file, method } = this.random.pick(this.services);
      const test = `apps/api/src/services/${name}.${at}.test.ts`;
      const { text } = plainCode(this.random, this.size() - 30, `test${at}`);
      this.write(test, `import { expect, it } from "vitest";\nimport { ${name}Service } from "${relative(test, file)}";\n\nit("finds one", async () => {\n  const { found } = await ${name}Service.${method}("1");\n  expect(found).toBeDefined();\n});\n\n${text}`);
    }
  }
}

/** An import of one file of the tree in another, as NodeNext wants it. */
function relative(from, to) {
  const found = path.posix.relative(path.posix.dirname(from), to).replace(/\.tsx?$/, ".js");
  return found.startsWith(".") ? found : `./${found}`;
}
