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
    ["mailgun.js", "default….create", "network"],
    ["@getbrevo/brevo", "TransactionalEmailsApi….sendTransacEmail", "network"],
    ["firebase-admin", "messaging….sendEachForMulticast", "network"],
    ["firebase-admin/messaging", "getMessaging….send", "network"],
    ["pusher", "default….trigger", "network"],
    ["plaid", "PlaidApi….transactionsSync", "network"],
    ["@mollie/api-client", "createMollieClient….create", "network"],
    ["@vercel/blob", "put", "network"],
    ["@vercel/kv", "kv.hset", "network"],
    ["cloudinary", "v2.uploader.upload", "network"],
    ["@google-cloud/tasks", "CloudTasksClient….createTask", "network"],
    ["@supabase/supabase-js", "createClient….upload", "network"],
    ["@kubernetes/client-node", "KubeConfig….createNamespacedPod", "network"],
    ["@notionhq/client", "Client….query", "network"],
    ["openid-client", "discovery", "network"],
    ["viem", "createPublicClient….readContract", "network"],
    ["ethers", "JsonRpcProvider….getBlockNumber", "network"],
    ["rss-parser", "default….parseURL", "network"],
    ["ssh2-sftp-client", "default….put", "network"],
    ["@trigger.dev/sdk/v3", "tasks.trigger", "queue"],
    ["@temporalio/client", "Client….start", "queue"],
    ["@upstash/qstash", "Client….publishJSON", "queue"],
    ["@mistralai/mistralai", "Mistral….complete", "model"],
    ["simple-git", "simpleGit….clone", "process"],
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
    ["plaid", "PlaidApi….forEach"],
    ["plaid", "PlaidApi….flatMap"],
    ["@vercel/blob", "getDownloadUrl"],
    ["cloudinary", "v2.url"],
    ["cloudinary", "v2.utils.api_sign_request"],
    ["firebase-admin", "initializeApp"],
    ["@supabase/supabase-js", "createClient….getPublicUrl"],
    ["viem", "parseEther"],
    ["ethers", "Wallet….signMessage"],
    ["@solana/web3.js", "PublicKey….toBase58"],
  ])("%s: %s does not", (module, path) => {
    expect(outsideOf(module, path)).toBeUndefined();
  });

  it("names each package once, so that one entry says all of it", () => {
    const names = OUTSIDE.flatMap(({ modules = [] }) => modules);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
