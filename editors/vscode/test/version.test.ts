import assert from "node:assert/strict";
import { test } from "node:test";

import { OLDEST, atLeast, judge, versionIn, whyEnded } from "../src/version";

test("the version is read from what hullcheck prints, and from nothing else", () => {
  assert.equal(versionIn("hullcheck 0.1.0\n"), "0.1.0");
  assert.equal(versionIn("hullcheck 1.2.3rc1\r\n"), "1.2.3rc1");
  assert.equal(versionIn("hullcheck 1.2.3.dev4+g12ab\n"), "1.2.3.dev4+g12ab");
  for (const output of ["", "0.1.0", "hullcheck", "hullcheck x", "Python 3.11.2", "nothullcheck 1.0.0"]) {
    assert.equal(versionIn(output), undefined, output);
  }
});

test("versions are compared as numbers", () => {
  assert.ok(atLeast("0.10.0", "0.9.9"));
  assert.ok(atLeast("1.0", "1.0.0"));
  assert.ok(atLeast("1.0.0", "1.0"));
  assert.ok(atLeast("2.0.0rc1", "2.0.0"));
  assert.ok(!atLeast("0.9.9", "0.10"));
  assert.ok(!atLeast("1.2.3", "1.2.3.1"));
  assert.ok(atLeast(OLDEST));
});

test("a program is judged by what it answers", () => {
  assert.deepEqual(judge(`hullcheck ${OLDEST}\n`, "/x"), { ok: true, version: OLDEST });
  const old = judge("hullcheck 0.0.9\n", "/x");
  assert.ok(!old.ok && /0\.0\.9.*too old.*--upgrade/.test(old.message));
  const other = judge("Docker version 27", "/x");
  assert.ok(!other.ok && other.message.includes("/x"));
});

test("why the server ended is told by what it wrote", () => {
  const usage = "hullcheck: error: argument COMMAND: invalid choice: 'lsp' (choose from check, explain)";
  assert.match(whyEnded(usage, 2, "/x"), /too old.*--upgrade/);
  assert.match(whyEnded("ModuleNotFoundError: No module named 'pygls'\n", 1, "/x"), /pip install 'hullcheck\[lsp\]'/);
  assert.match(whyEnded("hullcheck: error: needs `pip install hullcheck[lsp]`", 2, "/x"), /without its language server/);
  assert.match(whyEnded("a\nlast words\n\n", 7, "/x"), /exit code 7: last words$/);
  assert.match(whyEnded("", null, "/x"), /was stopped\.$/);
  assert.ok(whyEnded("x".repeat(10_000), 1, "/x").length < 400);
});
