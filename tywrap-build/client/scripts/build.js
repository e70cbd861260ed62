// Compiles src/ and bundles it into one JavaScript file and one declaration file: `node scripts/build.js <folder>`.

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const LICENCE = "// The tywrap client. MIT OR Apache-2.0. Built from tywrap-build/client; do not edit.\n";

/** Builds into `folder`, and returns the names of the files. */
export async function build(folder) {
  const compiled = await mkdtemp(join(tmpdir(), "tywrap-client-"));
  try {
    execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "--project", ROOT, "--outDir", compiled], {
      stdio: "inherit",
    });
    await mkdir(folder, { recursive: true });
    return [
      await bundle(join(compiled, "index.js"), [], join(folder, "tywrap-client.js"), LICENCE),
      // `Symbol.asyncDispose` is in no library that a consumer has by default, and the bundler drops the reference to one.
      await bundle(
        join(compiled, "index.d.ts"),
        [dts()],
        join(folder, "tywrap-client.d.ts"),
        `/// <reference lib="esnext.disposable" />\n${LICENCE}`,
      ),
    ];
  } finally {
    await rm(compiled, { recursive: true });
  }
}

async function bundle(input, plugins, file, head) {
  const bundled = await rollup({
    input,
    plugins,
    external: /^node:/,
    onwarn(warning) {
      throw new Error(`rollup: ${warning.message}`);
    },
  });
  const { output } = await bundled.generate({ format: "es" });
  await bundled.close();
  if (output.length !== 1) throw new Error(`${input} was split into ${output.length} files`);
  await writeFile(file, head + output[0].code);
  return file;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === undefined) throw new Error("usage: node scripts/build.js <folder>");
  await build(resolve(process.argv[2]));
}
