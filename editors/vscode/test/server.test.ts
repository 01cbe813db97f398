// The extension with the real hullcheck: the one in HULLCHECK, or on the PATH. Without one these tests are skipped.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  CodeActionRequest,
  DidOpenTextDocumentNotification,
  ExitNotification,
  InitializeRequest,
  InitializedNotification,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  createProtocolConnection,
  type CodeAction,
  type PublishDiagnosticsParams,
} from "vscode-languageserver-protocol/node";

import { find } from "../src/find";
import { machine } from "../src/run";
import { Host, context } from "./host";

const ROOT = path.resolve(__dirname, "../..");
const PACKAGE: unknown = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
const TEMPORARY = realpathSync(mkdtempSync(path.join(os.tmpdir(), "hullcheck-server-")));
const found = find({ setting: process.env["HULLCHECK"] ?? "", trusted: false, folders: [] }, machine);
const COMMAND = found.kind === "found" ? found.command : "";

after(() => rmSync(TEMPORARY, { recursive: true, force: true }));

/** Why the tests can't be done, or false. */
function missing(): string | false {
  if (found.kind === "missing") {
    return `there is no hullcheck to talk to: ${found.message}`;
  }
  try {
    execFileSync(COMMAND, ["lsp", "--help"], { stdio: "ignore" });
    return false;
  } catch {
    return `the hullcheck at ${COMMAND} has no language server`;
  }
}

const needs = { skip: missing() };

const DOCKERFILE = "FROM debian:12\nADD app.py /srv/app.py\nUSER root\n";
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: api
          image: example/api:1.2
`;
const COMPOSE = "services:\n  api:\n    build: api\n    image: example/api:1.2\n";

function repository(name: string): string {
  const folder = path.join(TEMPORARY, name);
  mkdirSync(path.join(folder, "api"), { recursive: true });
  writeFileSync(path.join(folder, "api", "Dockerfile"), DOCKERFILE);
  writeFileSync(path.join(folder, "compose.yaml"), COMPOSE);
  writeFileSync(path.join(folder, "deployment.yaml"), DEPLOYMENT);
  execFileSync("git", ["init", "-q"], { cwd: folder });
  return folder;
}

interface Provider {
  provideHover?(document: unknown, position: unknown, token: unknown): Promise<{ contents: { value: string }[] } | null>;
}

test("the extension shows what hullcheck finds, as it is typed", needs, async () => {
  const folder = repository("window");
  const host = new Host(folder);
  host.settings.set("hullcheck.path", { user: COMMAND });
  host.install();
  const load = createRequire(__filename);
  const extension = load(path.join(ROOT, "out", "extension.js")) as {
    activate(context: unknown): Promise<{ stop(): Promise<void>; running?: unknown }>;
  };
  const server = await extension.activate(context(ROOT, PACKAGE));
  try {
    const file = path.join(folder, "api", "Dockerfile");
    const document = await host.open(file, "dockerfile", DOCKERFILE);
    await host.until(() => host.codes(file).includes("root-user"), "found the root user");
    assert.ok(host.codes(file).includes("add-instead-of-copy"), host.codes(file).join());

    const deployment = path.join(folder, "deployment.yaml");
    await host.until(() => host.codes(deployment).includes("root-user"), "found it where the image runs, too");

    const never = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => undefined }) };
    const hovers = host.providers.filter(({ kind }) => kind === "Hover").map(({ provider }) => provider as Provider);
    assert.equal(hovers.length, 1);
    const hover = await hovers[0]?.provideHover?.(document, { line: 2, character: 6 }, never);
    assert.match(JSON.stringify(hover), /root/);

    await host.edit(document, DOCKERFILE.replace("USER root", "USER 10001"));
    await host.until(() => !host.codes(file).includes("root-user"), "seen that it is mended");
    await host.until(() => !host.codes(deployment).includes("root-user"), "seen that it is mended elsewhere, too");

    await host.set("hullcheck.ignore", { workspace: ["add-instead-of-copy"] });
    await host.until(() => !host.codes(file).includes("add-instead-of-copy"), "heeded the setting");
    assert.deepEqual(host.errors, []);
  } finally {
    await server.stop();
  }
});

test("over the bare protocol: findings, fixes, and an end in order", needs, async () => {
  const folder = repository("bare");
  const child = spawn(COMMAND, ["lsp"], { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const connection = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  const file = path.join(folder, "api", "Dockerfile");
  const uri = pathToFileURL(file).href;
  const published = new Promise<PublishDiagnosticsParams>((resolve) => {
    connection.onNotification(PublishDiagnosticsNotification.type, (told) => {
      if (told.uri === uri && told.diagnostics.length > 0) {
        resolve(told);
      }
    });
  });
  connection.onUnhandledNotification(() => undefined);
  connection.listen();
  const { capabilities } = await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    capabilities: { textDocument: { codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix", "source.fixAll"] } } } } },
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: "bare" }],
  });
  assert.ok(capabilities.codeActionProvider && capabilities.hoverProvider && capabilities.definitionProvider);
  await connection.sendNotification(InitializedNotification.type, {});
  await connection.sendNotification(DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: "dockerfile", version: 1, text: DOCKERFILE },
  });
  const { diagnostics } = await published;
  const added = diagnostics.find(({ code }) => code === "add-instead-of-copy");
  assert.ok(added, JSON.stringify(diagnostics.map(({ code }) => code)));
  assert.equal(added.source, "hullcheck");
  const actions = (await connection.sendRequest(CodeActionRequest.type, {
    textDocument: { uri },
    range: added.range,
    context: { diagnostics: [added], only: ["source.fixAll.hullcheck"] },
  })) as CodeAction[];
  assert.deepEqual(actions.map(({ kind }) => kind), ["source.fixAll.hullcheck"]);
  const fix = actions[0]?.edit === undefined ? await connection.sendRequest("codeAction/resolve", actions[0]) : actions[0];
  assert.match(JSON.stringify((fix as CodeAction).edit), /COPY/);
  await connection.sendRequest(ShutdownRequest.type);
  await connection.sendNotification(ExitNotification.type);
  assert.equal(await ended, 0);
});
