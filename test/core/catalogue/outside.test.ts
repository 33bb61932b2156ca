import { describe, expect, it } from "vitest";
import { OUTSIDE, outsideOf } from "../../../src/core/catalogue/outside/index.js";

describe("what goes out of the process", () => {
  it.each([
    [null, "fetch", "network"],
    ["axios", "default.post", "network"],
    ["axios", "default", "network"],
    ["axios", "default.create….post", "network"],
    ["@aws-sdk/client-s3", "S3Client….send", "network"],
    ["stripe", "default….cancel", "network"],
    ["node:fs", "default.promises.readFile", "file"],
    ["fs/promises", "rm", "file"],
    ["node:timers/promises", "setTimeout", "timer"],
    ["bullmq", "Queue….add", "queue"],
    ["bullmq", "queue.add", "queue"],
    ["ai", "generateText", "model"],
    ["execa", "execa", "process"],
  ])("%s: %s", (module, path, kind) => {
    expect(outsideOf(module, path)).toBe(kind);
  });

  it.each([
    [null, "fetchAll"],
    ["axios", "default.isAxiosError"],
    ["axios", "default.create"],
    ["axios", "default.interceptors.request.use"],
    ["axios-retry", "default"],
    ["@aws-sdk/client-s3", "S3Client"],
    ["@aws-sdk/util-endpoints", "resolveEndpoint"],
    ["stripe", "default.webhooks.constructEvent"],
    ["nodemailer", "createTransport"],
    ["node:fs", "constants"],
    ["node:fs", "readFileSync"],
    ["node:path", "join"],
    ["bullmq", "Queue….on"],
    ["ai", "tool"],
    ["pg-boss", "default….send"],
  ])("%s: %s does not", (module, path) => {
    expect(outsideOf(module, path)).toBeUndefined();
  });

  it("names each package once, so that one entry says all of it", () => {
    const names = OUTSIDE.flatMap(({ modules = [] }) => modules);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
