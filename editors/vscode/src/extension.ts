// The extension: starts the server when there is something to judge, and says so if that can't be done.

import * as vscode from "vscode";

import { explain } from "./explain";
import { NAMED, speaks } from "./files";
import { Server } from "./server";

export async function activate(context: vscode.ExtensionContext): Promise<Server> {
  const log = vscode.window.createOutputChannel("hullcheck", { log: true });
  const server = new Server(context, log);
  context.subscriptions.push(
    log,
    server,
    vscode.commands.registerCommand("hullcheck.restart", () => server.restart()),
    vscode.commands.registerCommand("hullcheck.showOutput", () => log.show()),
    vscode.commands.registerCommand("hullcheck.fixAll", fixAll),
    vscode.commands.registerCommand("hullcheck.explain", (name?: unknown) => explain(server, name)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.restart()),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("hullcheck.path")) {
        await server.restart();
      }
    }),
    vscode.workspace.registerTextDocumentContentProvider("hullcheck", {
      provideTextDocumentContent: (uri) => server.pages.get(uri.path) ?? "",
    }),
  );
  await whenWanted(context, () => server.start());
  return server;
}

/** Starts at once if there is something to judge, else with the first document that is. */
async function whenWanted(context: vscode.ExtensionContext, start: () => Promise<void>): Promise<void> {
  const wanted = (document: vscode.TextDocument) =>
    speaks({
      scheme: document.uri.scheme,
      path: document.uri.path,
      language: document.languageId,
      text: () => document.getText(),
    });
  if (vscode.workspace.textDocuments.some(wanted)) {
    return start();
  }
  const opened = vscode.workspace.onDidOpenTextDocument((document) => see(document));
  const saved = vscode.workspace.onDidSaveTextDocument((document) => see(document)); // it may have become one
  context.subscriptions.push(opened, saved);
  let begun = false;
  const begin = async () => {
    if (!begun) {
      begun = true;
      opened.dispose();
      saved.dispose();
      await start();
    }
  };
  const see = (document: vscode.TextDocument) => (wanted(document) ? begin() : undefined);
  for (const pattern of NAMED) {
    if (begun) {
      return;
    }
    if ((await vscode.workspace.findFiles(pattern, "**/{node_modules,.git,.venv,venv}/**", 1)).length > 0) {
      return begin();
    }
  }
}

/** Makes the fixes that keep the behaviour, in the file that is looked at. */
async function fixAll(): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return;
  }
  await vscode.commands.executeCommand("editor.action.sourceAction", { kind: "source.fixAll.hullcheck", apply: "first" });
}
