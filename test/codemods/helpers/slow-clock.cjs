// Batches end by their size or by their time (50 ms by default), whichever comes first, and a busy machine is slow: programs whose batches are counted are run by a clock on which 50 ms take 2.5 s.
const { performance } = require("node:perf_hooks");

const SLOWER = 50;
const now = performance.now.bind(performance);
Object.defineProperty(performance, "now", { value: () => now() / SLOWER, configurable: true, writable: true });
