import { expect, it } from "vitest";
import { link, probedSessions } from "../link.js";

const IMPORT = `import { InjectDataSource, InjectEntityManager, InjectRepository } from "@nestjs/typeorm"; import { DataSource, EntityManager, Repository } from "typeorm";\n`;

it.each<[string, string]>([
  ["a repository, whatever its type says", `class C { constructor(@InjectRepository(User) private users: Repository<User>) {} get() { probe(this.users); } }`],
  ["a manager in a field", `class C { @InjectEntityManager() manager: EntityManager; get() { probe(this.manager); } }`],
  ["a data source", `class C { constructor(@InjectDataSource() private source: DataSource) {} get() { probe(this.source); } }`],
])("TypeORM's session that NestJS injects: %s", (_name, text) => {
  expect(probedSessions(link({ "a.ts": IMPORT + text }))).toEqual(["typed typeorm"]);
});
