// A check's page, as `hullcheck explain` prints it.

import * as vscode from "vscode";

import { listed, plain, told } from "./checks";
import { ask } from "./run";
import type { Server } from "./server";

/** Shows a check's page: the one that is named, else one at the cursor, else one of all. */
export async function explain(server: Server, asked?: unknown): Promise<void> {
  const command = await server.program();
  if (command === undefined) {
    return; // it has been told why
  }
  const name = typeof asked === "string" ? asked : await choose(server, command);
  if (name === undefined) {
    return;
  }
  if (!plain(name)) {
    void vscode.window.showErrorMessage(`\`${name}\` is no check's name.`);
    return;
  }
  const { code, output, errors } = await ask(command, ["explain", name], server.folder);
  if (code !== 0) {
    void vscode.window.showErrorMessage(errors.trim() || `hullcheck has no page for ${name}.`);
    return;
  }
  const uri = vscode.Uri.from({ scheme: "hullcheck", path: `/${name}.txt` });
  server.pages.set(uri.path, output);
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Beside });
}

async function choose(server: Server, command: string): Promise<string | undefined> {
  const here = atCursor();
  if (here.length === 1) {
    return here[0];
  }
  const rows: vscode.QuickPickItem[] = here.map((name) => ({ label: name, description: "at the cursor" }));
  const { code, output, errors } = await ask(command, ["checks", "--output-format", "json"], server.folder);
  if (code !== 0) {
    server.log.error(errors);
  } else {
    const others = listed(output).filter((check) => !here.includes(check.name));
    rows.push(...others.map((check) => ({ label: check.name, detail: check.detail })));
  }
  const options = { title: "Explain a check", matchOnDetail: true, placeHolder: "a check's name" };
  return (await vscode.window.showQuickPick(rows, options))?.label;
}

function atCursor(): string[] {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return [];
  }
  const all = vscode.languages.getDiagnostics(editor.document.uri);
  return told(all.filter((diagnostic) => diagnostic.range.intersection(editor.selection) !== undefined));
}
