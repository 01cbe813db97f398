// A hullcheck that does as it is told, to see what the extension makes of it. It writes down what it is asked.

import { appendFileSync } from "node:fs";
import {
  ConfigurationRequest,
  DidChangeConfigurationNotification,
  DidOpenTextDocumentNotification,
  InitializeRequest,
  InitializedNotification,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  createProtocolConnection,
} from "vscode-languageserver-protocol/node";

const [, , version = "", manner = "", ...words] = process.argv;
const notes = process.env["HULLCHECK_NOTES"] ?? "";

function note(what: unknown): void {
  appendFileSync(notes, `${JSON.stringify(what)}\n`);
}

note({ words, cwd: process.cwd() });
if (words[0] === "--version") {
  process.stdout.write(`${version}\n`);
} else if (words[0] === "explain") {
  process.stdout.write(`a page about ${words[1] ?? ""}\n`);
} else if (manner === "without") {
  process.stderr.write("hullcheck: error: the language server needs `pip install 'hullcheck[lsp]'`\n");
  process.exitCode = 2;
} else if (manner === "deaf") {
  process.exitCode = 0;
} else {
  const connection = createProtocolConnection(
    new StreamMessageReader(process.stdin),
    new StreamMessageWriter(process.stdout),
  );
  connection.onRequest(InitializeRequest.type, (params) => {
    note({ initializationOptions: params.initializationOptions as unknown });
    return { capabilities: { textDocumentSync: 1 } };
  });
  connection.onNotification(InitializedNotification.type, async () => {
    note({ pulled: (await connection.sendRequest(ConfigurationRequest.type, { items: [{ section: "hullcheck" }] })) as unknown });
  });
  connection.onNotification(DidChangeConfigurationNotification.type, ({ settings }) => note({ pushed: settings as unknown }));
  connection.onNotification(DidOpenTextDocumentNotification.type, ({ textDocument }) => {
    note({ opened: textDocument.uri });
    if (manner === "dies") {
      process.stderr.write("last words\n", () => process.exit(7));
    }
  });
  connection.onRequest(ShutdownRequest.type, () => note({ shutdown: true }));
  connection.onNotification("exit", () => process.exit(0));
  connection.listen();
}
