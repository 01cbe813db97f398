// Bundles the extension into out/extension.js, and with --tests each test into out/test.
import { rm, readdir } from "node:fs/promises";
import { build } from "esbuild";

const tests = process.argv.includes("--tests");
const common = { bundle: true, platform: "node", format: "cjs", target: "node20", external: ["vscode"], logLevel: "warning" };

await rm("out", { recursive: true, force: true });
await build({ ...common, entryPoints: ["src/extension.ts"], outfile: "out/extension.js", minify: !tests, legalComments: "none" });
if (tests) {
  const files = (await readdir("test")).filter((name) => name.endsWith(".test.ts"));
  await build({ ...common, entryPoints: files.map((name) => `test/${name}`), outdir: "out/test", sourcemap: "inline" });
}
