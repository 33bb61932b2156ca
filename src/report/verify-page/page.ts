import type { VerifyReport } from "../../core/verify-report.js";
export function verifyPage(report: VerifyReport): string {
  return "<!doctype html>" + JSON.stringify(report);
}
