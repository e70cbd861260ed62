// Processes, as /proc has them.

import { readdirSync, readFileSync } from "node:fs";

/** A process and what it has started. */
export function family(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const children = threads.flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" "));
  return [pid, ...children.filter(Boolean).flatMap((child) => family(Number(child)))];
}
