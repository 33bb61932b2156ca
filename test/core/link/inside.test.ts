import { describe, expect, it } from "vitest";
import { link } from "./link.js";

const OPEN = `import Database from "better-sqlite3"; import { drizzle } from "drizzle-orm/better-sqlite3"; const db = new Database("a.db"); const orm = drizzle(db); const add = db.prepare("INSERT INTO t VALUES (?)");\n`;

/** What runs inside each transaction: the callee as written, with the length of the way to it. */
function inside(text: string): string[][] {
  const facts = link({ "a.ts": OPEN + text });
  return facts.judgedTransactions.map((site) =>
    [...facts.inside.callsOf(site)].map(({ file, call, path }) => `${facts.program.text(file, call.calleeSpan)}${path.length > 0 ? ` +${path.length}` : ""}`),
  );
}

describe("what runs while a transaction is open", () => {
  it.each<[string, string, string[][]]>([
    ["the body", `orm.transaction((tx) => { tx.insert(a); });`, [["tx.insert"]]],
    ["a function written in the body that runs there", `orm.transaction((tx) => { rows.map((row) => one(row)); });`, [["rows.map", "one"]]],
    ["a promise's callback", `orm.transaction((tx) => work().then(() => after()));`, [["work().then", "work", "after"]]],
    ["not a handler or a timer", `orm.transaction((tx) => { setTimeout(() => later(), 5); emitter.on("x", () => later()); });`, [["setTimeout", "emitter.on"]]],
    ["a helper", `function save() { add.run(1); more(); } function more() { deep(); } orm.transaction((tx) => { save(); });`, [["save", "add.run +1", "more +1", "deep +2"]]],
    ["what a helper is given", `function twice(work) { work(); before(); } orm.transaction((tx) => { twice(() => mine()); }); twice(() => others());`, [["twice", "mine", "work +1", "before +1"]]],
    ["not what a helper only keeps", `function after(tx, work) { const kept = tx[AFTER] ??= []; kept.push(work); } orm.transaction((tx) => { after(tx, () => later()); });`, [["after", "kept.push +1"]]],
    ["what a helper keeps and runs", `const kept = []; function both(work) { kept.push(work); work(); } orm.transaction((tx) => { both(() => mine()); });`, [["both", "mine", "kept.push +1", "work +1"]]],
    ["not what others give the same helper", `const retry = (work) => work(); retry(() => others()); orm.transaction((tx) => retry(() => mine()));`, [["retry", "mine", "work +1"]]],
    ["not what others give the same wrapper", `const traced = (f) => (on ? f : (...args) => f.call(null, ...args)); const mine = traced(() => one()); const others = traced(() => two()); orm.transaction((tx) => mine());`, [["mine", "f.call +1", "one +1"]]],
    ["between BEGIN and COMMIT alone", `function f() { early(); db.exec("BEGIN"); mid(); db.exec("COMMIT"); late(); }`, [["mid"]]],
    ["recursion ends", `function again(n) { again(n - 1); } orm.transaction((tx) => { again(3); });`, [["again", "again +1"]]],
    ["not what a helper does where it is not given the handle", `function save(tx) { if (tx) return mine(); others(); } orm.transaction((tx) => { save(tx); });`, [["save", "mine +1"]]],
    ["what a helper does where it is given none", `function save(tx) { if (tx) return mine(); others(); } orm.transaction((tx) => { save(); });`, [["save", "others +1"]]],
    ["either, on two ways", `function save(tx) { if (tx) return mine(); others(); } orm.transaction((tx) => { save(tx); save(); });`, [["save", "save", "mine +1", "others +1"]]],
    ["an option that is handed on", `const save = (row, { tx }) => { if (!tx) others(); mine(); }; const keep = (row, options) => save(row, options); orm.transaction((tx) => { keep({}, { tx }); });`, [["keep", "save +1", "mine +2"]]],
    ["an option that nobody gives", `const save = (row, options = {}) => { if (options.retry) others(); mine(); }; orm.transaction((tx) => { save({}); });`, [["save", "mine +1"]]],
    ["what is not known", `const save = (tx) => (tx ? mine() : others()); orm.transaction((tx) => { save(pick(tx)); });`, [["save", "pick", "mine +1", "others +1"]]],
    ["a wrapper's body", `const run = db.transaction((x) => { add.run(x); }); run(1);`, [["add.run"]]],
  ])("%s", (_name, text, expected) => {
    expect(inside(text)).toEqual(expected);
  });
});

describe("transactions that a helper runs for its callers", () => {
  it.each<[string, string, string[][]]>([
    ["the body is the parameter", `const inTx = (work) => db.transaction(work)(); inTx(() => one()); inTx(() => two());`, [["one"], ["two"]]],
    ["the body calls the parameter", `const inTx = (work) => orm.transaction((tx) => work(tx)); inTx((tx) => one());`, [["work"], ["one"]]],
    ["helpers that pass it on", `const inTx = (work) => orm.transaction((tx) => work(tx)); const outer = (job) => inTx(job); outer((tx) => one());`, [["work"], ["one"]]],
    ["BEGIN around the call", `function inTx(work) { db.exec("BEGIN"); work(); db.exec("COMMIT"); } inTx(() => one());`, [["work"], ["one"]]],
    ["a method", `class Store { run(work) { return orm.transaction((tx) => work(tx)); } } new Store().run((tx) => one());`, [["work"], ["one"]]],
    ["not a parameter that only takes part", `const save = (row) => orm.transaction((tx) => { tx.insert(t).values(row); }); save({});`, [["tx.insert(t).values", "tx.insert"]]],
  ])("%s", (_name, text, expected) => {
    expect(inside(text)).toEqual(expected);
  });
});
