import assert from "node:assert/strict";
import { test } from "node:test";

import { find, within, type Machine, type Wanted } from "../src/find";

function machine(files: string[], env: Record<string, string> = {}, more: Partial<Machine> = {}): Machine {
  return { platform: "linux", env, home: "/home/me", runnable: (file) => files.includes(file), real: (file) => file, ...more };
}

function wanted(more: Partial<Wanted> = {}): Wanted {
  return { setting: "", trusted: true, folders: ["/project"], ...more };
}

const VENV = "/project/.venv/bin/hullcheck";
const SYSTEM = "/usr/bin/hullcheck";

test("the setting comes first, then the workspace's environment, then PATH", () => {
  const all = machine(["/opt/hullcheck", VENV, SYSTEM], { PATH: "/usr/bin" });
  assert.deepEqual(find(wanted({ setting: "/opt/hullcheck" }), all), { kind: "found", command: "/opt/hullcheck", from: "setting" });
  assert.deepEqual(find(wanted(), all), { kind: "found", command: VENV, from: "workspace" });
  assert.deepEqual(find(wanted({ folders: ["/other"] }), all), { kind: "found", command: SYSTEM, from: "PATH" });
});

test("a setting that is wrong is told, and nothing else is run in its place", () => {
  const all = machine([VENV, SYSTEM, "hullcheck", "./hullcheck"], { PATH: "/usr/bin" });
  for (const setting of ["/gone/hullcheck", "hullcheck", "./hullcheck", ".venv/bin/hullcheck", "../x", "~other/x"]) {
    const found = find(wanted({ setting }), all);
    assert.equal(found.kind, "missing", setting);
    assert.match(found.kind === "missing" ? found.message : "", /hullcheck\.path/);
  }
});

test("the setting may begin with the home folder", () => {
  const all = machine(["/home/me/bin/hullcheck"]);
  assert.equal(find(wanted({ setting: "~/bin/hullcheck" }), all).kind, "found");
});

test("in a workspace that isn't trusted nothing of it is run", () => {
  const untrusted = wanted({ trusted: false });
  assert.equal(find(untrusted, machine([VENV])).kind, "missing");
  assert.deepEqual(find(untrusted, machine([VENV, SYSTEM], { PATH: "/usr/bin" })), { kind: "found", command: SYSTEM, from: "PATH" });
  // PATH may lead into the workspace, by itself, by a link, or by a program that is a link.
  assert.equal(find(untrusted, machine([VENV], { PATH: "/project/.venv/bin" })).kind, "missing");
  assert.equal(find(untrusted, machine(["/project/hullcheck"], { PATH: "/project" })).kind, "missing");
  const linked = (real: (file: string) => string, path: string) =>
    find(untrusted, machine([`${path}/hullcheck`], { PATH: path }, { real })).kind;
  assert.equal(linked((file) => file.replace(/^\/link/, "/project/bin"), "/link"), "missing");
  assert.equal(linked((file) => (file === "/usr/bin/hullcheck" ? "/project/evil" : file), "/usr/bin"), "missing");
  // The workspace may itself be opened by a link.
  assert.equal(linked((file) => file.replace(/^\/project/, "/real/project"), "/real/project/bin"), "missing");
  // A folder whose name only begins alike is another one.
  assert.equal(linked((file) => file, "/project2/bin"), "found");
  assert.equal(linked((file) => file, "/..project/bin"), "found");
});

test("in a trusted workspace PATH may lead into it", () => {
  const found = find(wanted({ folders: ["/project"] }), machine(["/project/tools/hullcheck"], { PATH: "/project/tools" }));
  assert.equal(found.kind, "found");
});

test("entries of PATH that mean the current folder are passed over", () => {
  for (const path of ["", ".", ":", "bin", "./bin", "../bin"]) {
    const anywhere = machine([], { PATH: path }, { runnable: () => true });
    assert.equal(find(wanted({ trusted: false }), anywhere).kind, "missing", JSON.stringify(path));
    assert.equal(find(wanted({ folders: [] }), anywhere).kind, "missing", JSON.stringify(path));
  }
});

test("Windows: its names, its separators, its case", () => {
  const windows = (files: string[], env: Record<string, string> = {}) =>
    machine(files, env, { platform: "win32", home: "C:\\Users\\me" });
  const folders = ["C:\\Work"];
  const venv = "C:\\Work\\.venv\\Scripts\\hullcheck.exe";
  assert.deepEqual(find(wanted({ folders }), windows([venv])), { kind: "found", command: venv, from: "workspace" });
  const tools = "C:\\Tools\\hullcheck.exe";
  const path = { Path: '"C:\\Gone";C:\\Tools' };
  assert.deepEqual(find(wanted({ folders }), windows([tools], path)), { kind: "found", command: tools, from: "PATH" });
  const inside = windows(["c:\\work\\bin\\hullcheck.exe"], { Path: "c:\\work\\bin" });
  assert.equal(find(wanted({ folders, trusted: false }), inside).kind, "missing");
  assert.equal(find(wanted({ folders }), windows(["C:\\Tools\\hullcheck.cmd"], path)).kind, "missing");
  assert.equal(find(wanted({ folders, setting: "hullcheck.exe" }), windows(["hullcheck.exe"])).kind, "missing");
});

test("what isn't there is told with what to do", () => {
  for (const trusted of [true, false]) {
    const found = find(wanted({ trusted }), machine([]));
    assert.match(found.kind === "missing" ? found.message : "", /pip install 'hullcheck\[lsp\]'/);
  }
});

test("several folders are looked into in their order", () => {
  const both = machine(["/a/venv/bin/hullcheck", "/b/.venv/bin/hullcheck"]);
  const found = find(wanted({ folders: ["/none", "/b", "/a"] }), both);
  assert.equal(found.kind === "found" && found.command, "/b/.venv/bin/hullcheck");
});

test("within", () => {
  const linux = { platform: "linux" } as const;
  assert.ok(within("/a", "/a", linux));
  assert.ok(within("/a/b/c", "/a/", linux));
  assert.ok(within("/a/..b", "/a", linux));
  assert.ok(!within("/a/../b", "/a", linux));
  assert.ok(!within("/A/b", "/a", linux));
  assert.ok(within("/A/b", "/a", { platform: "darwin" }));
  assert.ok(!within("D:\\a\\b", "C:\\a", { platform: "win32" }));
});
