import assert from "node:assert/strict";
import { test } from "node:test";

import { listed, plain, told } from "../src/checks";
import { speaks } from "../src/files";

function shown(path: string, language: string, text = "", scheme = "file") {
  return speaks({ path, language, scheme, text: () => text });
}

test("what speaks for itself by its language or its name", () => {
  assert.ok(shown("/a/x", "dockerfile"));
  assert.ok(shown("/a/x.yaml", "dockercompose"));
  for (const name of ["Dockerfile", "api.Dockerfile", "Dockerfile.prod", "Containerfile", "compose.yaml", "docker-compose.dev.yml",
    "kustomization.yaml", "Chart.yaml", ".devcontainer.json", "devcontainer.json", "docker-bake.hcl", ".hullcheck.yaml"]) {
    assert.ok(shown(`/a/${name}`, "plaintext"), name);
    assert.ok(shown(`C:\\a\\${name}`, "plaintext"), name);
  }
});

test("other YAML and JSON by what it holds", () => {
  const manifest = "# a comment\napiVersion: v1\nkind: Pod\n";
  assert.ok(shown("/a/pod.yaml", "yaml", manifest));
  assert.ok(shown("/a/pod.json", "json", '{\n  "apiVersion": "v1"\n}'));
  assert.ok(shown("/a/x.yaml", "yaml", "name: x\nservices:\n  web:\n"));
  assert.ok(!shown("/a/x.yaml", "yaml", "on: push\njobs:\n  a:\n    services: {}\n"));
  assert.ok(!shown("/a/x.md", "markdown", manifest));
  assert.ok(!shown("/a/tsconfig.json", "jsonc", "{}"));
  assert.ok(!shown("/a/package.json", "json", '{"name": "x"}'));
});

test("what isn't on disk isn't judged", () => {
  assert.ok(!shown("/a/Dockerfile", "dockerfile", "", "git"));
  assert.ok(!shown("/Untitled-1", "dockerfile", "", "untitled"));
});

test("a long document is looked through in no time", () => {
  const started = process.hrtime.bigint();
  shown("/a/x.yaml", "yaml", "  ".repeat(5_000_000));
  shown("/a/x.yaml", "yaml", "\n".repeat(5_000_000));
  assert.ok(process.hrtime.bigint() - started < 2_000_000_000n);
});

test("checks at the cursor: ours, each once, and no option", () => {
  const diagnostics = [
    { source: "hullcheck", code: { value: "root-user", target: "x" } },
    { source: "hullcheck", code: "root-user" },
    { source: "hullcheck", code: "latest-tag" },
    { source: "hadolint", code: "DL3002" },
    { source: "hullcheck", code: 7 },
    { source: "hullcheck", code: "--output-format" },
    { source: "hullcheck" },
  ];
  assert.deepEqual(told(diagnostics), ["root-user", "latest-tag"]);
  assert.ok(plain("DL3002") && plain("pss:runAsUser") && !plain("-h") && !plain("a b") && !plain(""));
});

test("the list of checks is read as hullcheck prints it", () => {
  const output = JSON.stringify({ checks: [{ name: "root-user", severity: "high", summary: "Runs as root." }, { other: 1 }] });
  assert.deepEqual(listed(output), [{ name: "root-user", detail: "high: Runs as root." }]);
  assert.deepEqual(listed("null"), []);
  assert.throws(() => listed("no JSON"));
});
