// Fails unless dist/ is what src/ builds into, and the compilers accept the declarations.

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const folder = await mkdtemp(join(tmpdir(), "tywrap-client-check-"));
try {
  for (const file of await build(folder)) {
    const committed = await readFile(join(ROOT, "dist", basename(file))).catch(() => undefined);
    if (committed === undefined || !committed.equals(await readFile(file))) {
      throw new Error(`dist/${basename(file)} is not what src/ builds into: run \`npm run build\` and commit it`);
    }
  }
} finally {
  await rm(folder, { recursive: true });
}

for (const compiler of ["typescript", "typescript-newest"]) {
  for (const project of ["test/types", "test/types/with-node", "test/types/with-dom"]) {
    execFileSync(process.execPath, [join(ROOT, "node_modules", compiler, "bin/tsc"), "--project", join(ROOT, project)], {
      stdio: "inherit",
    });
  }
}
