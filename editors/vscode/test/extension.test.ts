// The extension as it is packaged, in a window that isn't there, with a hullcheck that does as it is told.

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { Host, context } from "./host";

const ROOT = path.resolve(__dirname, "../..");
const PACKAGE: unknown = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
const TEMPORARY = realpathSync(mkdtempSync(path.join(os.tmpdir(), "hullcheck-vscode-")));
const DOCKERFILE = path.join(TEMPORARY, "work", "Dockerfile");
const needs = { skip: process.platform === "win32" ? "the stand-in is a shell script" : false };

const servers: Active["server"][] = [];

after(async () => {
  await Promise.all(servers.map((server) => server.stop())); // one that is left would keep this process alive
  rmSync(TEMPORARY, { recursive: true, force: true });
});

/** A program that stands in for hullcheck, and says that it is that version. */
function standIn(file: string, version = "hullcheck 0.1.0", manner = "well"): string {
  mkdirSync(path.dirname(file), { recursive: true });
  const words = [process.execPath, path.join(ROOT, "out", "fake.js"), version, manner];
  writeFileSync(file, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}

let count = 0;

/** What the stand-in was asked since the last activation. */
function notes(): Record<string, unknown>[] {
  const file = process.env["HULLCHECK_NOTES"] ?? "";
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>);
}

const last = (key: string) => notes().findLast((note) => key in note)?.[key];
const started = () => notes().filter((note) => String(note["words"]) === "lsp").length;

interface Active {
  host: Host;
  server: { stop(): Promise<void>; running?: unknown };
}

async function activate(prepare: (host: Host) => void): Promise<Active> {
  process.env["HULLCHECK_NOTES"] = path.join(TEMPORARY, `notes${++count}`);
  const host = new Host(path.join(TEMPORARY, "work"));
  prepare(host);
  host.install();
  const load = createRequire(__filename);
  const bundle = path.join(ROOT, "out", "extension.js");
  delete load.cache[bundle];
  const extension = load(bundle) as { activate(context: unknown): Promise<Active["server"]> };
  const server = await extension.activate(context(ROOT, PACKAGE));
  servers.push(server);
  return { host, server };
}

const MINE = standIn(path.join(TEMPORARY, "mine", "hullcheck"));
const withMine = (host: Host) => void host.settings.set("hullcheck.path", { user: MINE });

test("nothing is started until there is something to judge", needs, async () => {
  const { host, server } = await activate(withMine);
  await host.open(path.join(TEMPORARY, "work", "README.md"), "markdown", "services: none");
  assert.deepEqual(notes(), []);
  await host.open(DOCKERFILE, "dockerfile", "FROM scratch\n");
  await host.until(() => server.running !== undefined, "started");
  await host.until(() => last("opened") !== undefined, "told of the document");
  assert.match(String(last("opened")), /\/Dockerfile$/);
  assert.equal(host.status.detail, "Version 0.1.0");
  await server.stop();
  assert.equal(last("shutdown"), true);
});

test("a file of the workspace is reason enough", needs, async () => {
  const { server } = await activate((host) => {
    withMine(host);
    host.files = [DOCKERFILE];
  });
  assert.ok(server.running);
  await server.stop();
});

test("programs are never started in the repository", needs, async () => {
  const { host, server } = await activate(withMine);
  await host.open(DOCKERFILE, "dockerfile", "FROM scratch\n");
  await host.until(() => server.running !== undefined, "started");
  await server.stop();
  const folders = notes().flatMap((note) => ("cwd" in note ? [note["cwd"]] : []));
  assert.equal(folders.length, 2);
  assert.ok(folders.every((folder) => folder === ROOT));
});

test("the server is told what is set, and no default", needs, async () => {
  const { host, server } = await activate((host) => {
    withMine(host);
    host.settings.set("hullcheck.profile", { workspace: "strict" });
  });
  await host.open(DOCKERFILE, "dockerfile", "FROM scratch\n");
  await host.until(() => last("pulled") !== undefined, "asked for the settings");
  assert.deepEqual(last("initializationOptions"), { profile: "strict" });
  assert.deepEqual(last("pulled"), [{ profile: "strict" }]);
  await host.set("hullcheck.minSeverity", { user: "info" });
  const now = () => JSON.stringify(last("pushed")) === '{"hullcheck":{"profile":"strict","minSeverity":"info"}}';
  await host.until(now, `told of the change; ${JSON.stringify(last("pushed"))}`);
  await server.stop();
});

test("a repository can't have its own program run before it is trusted", needs, async () => {
  const inside = standIn(path.join(TEMPORARY, "work", ".venv", "bin", "hullcheck"), "hullcheck 9.9.9");
  const searched = process.env["PATH"];
  process.env["PATH"] = path.dirname(inside);
  try {
    const { host, server } = await activate((host) => {
      host.trusted = false;
      host.settings.set("hullcheck.path", { workspace: inside });
    });
    await host.open(DOCKERFILE, "dockerfile", "FROM scratch\n");
    await host.until(() => host.errors.length > 0, "told that there is none");
    assert.deepEqual(notes(), []);
    assert.match(host.errors[0] ?? "", /isn't trusted/);
    assert.equal(host.status.severity, 2);
    host.trusted = true;
    await host.trust.fire();
    await host.until(() => server.running !== undefined, "started once trusted");
    assert.equal(host.status.detail, "Version 9.9.9");
    await server.stop();
  } finally {
    process.env["PATH"] = searched;
    rmSync(path.join(TEMPORARY, "work", ".venv"), { recursive: true });
  }
});

const FAULTS: [string, string, string, string, RegExp][] = [
  ["too old", "hullcheck 0.0.1", "well", "old", /too old.*--upgrade/],
  ["something else", "Docker version 27.0.0", "well", "other", /doesn't answer as hullcheck/],
  ["without its server", "hullcheck 0.1.0", "without", "without", /without its language server.*hullcheck\[lsp\]/],
  ["deaf", "hullcheck 0.1.0", "deaf", "deaf", /ended with exit code 0\.$/],
];
for (const [what, version, manner, name, message] of FAULTS) {
  test(`a hullcheck that is ${what} is told, once, with what to do`, needs, async () => {
    const { host, server } = await activate((host) => {
      host.settings.set("hullcheck.path", { user: standIn(path.join(TEMPORARY, name), version, manner) });
    });
    await host.open(DOCKERFILE, "dockerfile", "FROM scratch\n");
    await host.until(() => host.errors.length > 0 && host.status.busy === false, "told");
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(host.errors.length, 1, host.errors.join("\n"));
    assert.match(host.errors[0] ?? "", message);
    assert.equal(host.status.severity, 2);
    assert.equal(server.running, undefined);
    // Set right, it starts without another word.
    await host.set("hullcheck.path", { user: MINE });
    await host.until(() => server.running !== undefined, "started once it was set right");
    await server.stop();
  });
}

test("a program that can't be run is told", needs, async () => {
  const broken = path.join(TEMPORARY, "broken");
  writeFileSync(broken, "#!/no/such/interpreter\n");
  chmodSync(broken, 0o755);
  const { host } = await activate((host) => void host.settings.set("hullcheck.path", { user: broken }));
  await host.open(DOCKERFILE, "dockerfile", "FROM scratch\n");
  await host.until(() => host.errors.length > 0, "told");
  assert.match(host.errors[0] ?? "", /can't be run/);
});

test("a server that ends is started again, a few times, and then it is told why it isn't", needs, async () => {
  const { host, server } = await activate((host) => {
    host.settings.set("hullcheck.path", { user: standIn(path.join(TEMPORARY, "dying"), "hullcheck 0.1.0", "dies") });
  });
  await host.open(DOCKERFILE, "dockerfile", "FROM scratch\n");
  await host.until(() => host.errors.length > 0, "told");
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(started(), 5);
  assert.equal(host.errors.length, 1, host.errors.join("\n"));
  assert.match(host.errors[0] ?? "", /exit code 7: last words.*number 5/);
  assert.equal(host.status.severity, 2);
  assert.equal(server.running, undefined);
});

test("restarts at the same time leave one server", needs, async () => {
  const { host, server } = await activate(withMine);
  await host.open(DOCKERFILE, "dockerfile", "FROM scratch\n");
  const restart = host.commands.get("hullcheck.restart");
  await Promise.all([restart?.(), restart?.(), restart?.()]);
  assert.equal(started(), 4);
  assert.equal(notes().filter((note) => note["shutdown"] === true).length, 3);
  assert.ok(server.running);
  await server.stop();
  assert.equal(host.errors.length, 0);
});

test("the commands that are declared are those that there are", needs, async () => {
  const { host } = await activate(withMine);
  const declared = (PACKAGE as { contributes: { commands: { command: string }[] } }).contributes.commands;
  assert.deepEqual([...host.commands.keys()].sort(), declared.map(({ command }) => command).sort());
});

test("a check is explained by its name, and no option is let through", needs, async () => {
  const { host } = await activate(withMine);
  const explain = host.commands.get("hullcheck.explain");
  await explain?.("root-user");
  assert.deepEqual(host.shown, ["hullcheck:/root-user.txt"]);
  await explain?.("--help");
  assert.match(host.errors[0] ?? "", /no check's name/);
  assert.ok(!notes().some((note) => String(note["words"]).includes("--help")));
});

test("fixing asks for the safe fixes alone", needs, async () => {
  const { host } = await activate(withMine);
  await host.open(DOCKERFILE, "dockerfile", "FROM scratch\n");
  await host.commands.get("hullcheck.fixAll")?.();
  const [command, options] = host.executed.at(-1) ?? [];
  assert.equal(command, "editor.action.sourceAction");
  assert.deepEqual(options, { kind: "source.fixAll.hullcheck", apply: "first" });
});
