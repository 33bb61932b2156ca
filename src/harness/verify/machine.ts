import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";
import type { Machine } from "../../core/verify-report.js";

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() || "unknown",
    cores: processors.length,
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    platform: `${platform()} ${release()}`,
    arch: arch(),
    node: process.version,
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
