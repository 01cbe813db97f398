// Bundles the extension into out/extension.js, and with --tests each test into out/test. Beside the extension goes what the
// licences of bundled packages ask for.
import { existsSync } from "node:fs";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const tests = process.argv.includes("--tests");
const common = { bundle: true, platform: "node", format: "cjs", target: "node20", external: ["vscode"], logLevel: "warning" };

await rm("out", { recursive: true, force: true });
const { metafile } = await build({
  ...common,
  entryPoints: ["src/extension.ts"],
  outfile: "out/extension.js",
  minify: !tests,
  legalComments: "none",
  metafile: true,
});
await writeFile("out/THIRD-PARTY.txt", await notices(metafile));
if (tests) {
  const files = (await readdir("test")).filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`);
  await build({ ...common, entryPoints: files, outdir: "out/test", sourcemap: "inline" });
  await build({ ...common, entryPoints: ["test/fake.ts"], outfile: "out/fake.js" });
}

/** The licence of each package that is part of the bundle. */
async function notices(metafile) {
  const within = Object.keys(metafile.inputs).map((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  const parts = [];
  for (const folder of [...new Set(within)].filter((each) => each !== undefined).sort()) {
    const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e(\.(md|txt))?$/i.test(each));
    if (file === undefined || !existsSync(`${folder}/${file}`)) {
      throw new Error(`${name} has no licence to pass on`);
    }
    parts.push(`${name} ${version} (${license})\n\n${(await readFile(`${folder}/${file}`, "utf8")).trim()}\n`);
  }
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}
