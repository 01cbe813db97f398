// The server's life: found, asked for its version, started, stopped, and what is told of that.

import * as vscode from "vscode";
import { RevealOutputChannelOn, State, type LanguageClientOptions } from "vscode-languageclient/node";

import { Client } from "./client";
import { SELECTOR } from "./files";
import { find } from "./find";
import { ask, machine } from "./run";
import { forServer, ofUser, serverNames } from "./settings";
import { judge } from "./version";

const GUIDE = "https://github.com/hullcheck/hullcheck/blob/main/docs/editors.md#install";

/** How long a server may take to end in order before it is killed, in milliseconds. */
const PATIENCE = 10_000;

export class Server implements vscode.Disposable {
  /** Pages of checks that are shown, by the path of their URI. */
  readonly pages = new Map<string, string>();
  /** Where programs are started: never in a repository, whose files a relative name would then mean. */
  readonly folder: string;

  private client: Client | undefined;
  private readonly status: vscode.LanguageStatusItem;
  private readonly names: readonly string[];
  private turn: Promise<void> = Promise.resolve();

  constructor(
    context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
  ) {
    this.folder = context.extensionPath;
    const { contributes } = context.extension.packageJSON as {
      contributes: { configuration: { properties: Record<string, unknown> } };
    };
    this.names = serverNames(contributes.configuration.properties);
    this.status = vscode.languages.createLanguageStatusItem("hullcheck", SELECTOR);
    this.status.name = "hullcheck";
    this.status.text = "hullcheck";
    this.status.command = { command: "hullcheck.showOutput", title: "Show Output" };
  }

  /** The server that is connected to, if there is one. */
  get running(): Client | undefined {
    return this.client?.state === State.Running ? this.client : undefined;
  }

  start(): Promise<void> {
    return this.inTurn(() => this.begin());
  }

  stop(): Promise<void> {
    return this.inTurn(() => this.end());
  }

  restart(): Promise<void> {
    return this.inTurn(async () => {
      await this.end();
      await this.begin();
    });
  }

  dispose(): void {
    this.status.dispose();
    void this.stop();
  }

  /** The program to run, once it has said that it is hullcheck and new enough; what is wrong is told. */
  async program(): Promise<string | undefined> {
    return (await this.looked())?.command;
  }

  /** One after the other: two restarts at once must not leave two servers. */
  private inTurn(what: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(what, what);
    return this.turn;
  }

  private async looked(): Promise<{ command: string; version: string } | undefined> {
    const found = find(
      {
        setting: ofUser(vscode.workspace.getConfiguration("hullcheck").inspect("path")),
        trusted: vscode.workspace.isTrusted,
        folders: (vscode.workspace.workspaceFolders ?? [])
          .filter((folder) => folder.uri.scheme === "file")
          .map((folder) => folder.uri.fsPath),
      },
      machine,
    );
    if (found.kind === "missing") {
      this.fail(found.message, "Not found");
      return undefined;
    }
    try {
      const answer = await ask(found.command, ["--version"], this.folder);
      const verdict = judge(answer.output, found.command);
      if (!verdict.ok) {
        this.fail(verdict.message, "Can't be used");
        return undefined;
      }
      this.log.info(`hullcheck ${verdict.version} at ${found.command} (from ${found.from})`);
      return { command: found.command, version: verdict.version };
    } catch (error) {
      this.fail(`\`${found.command}\` can't be run: ${(error as Error).message}`, "Can't be run");
      return undefined;
    }
  }

  private async begin(): Promise<void> {
    if (this.client !== undefined) {
      return;
    }
    this.say("Starting", vscode.LanguageStatusSeverity.Information, true);
    const program = await this.looked();
    if (program === undefined) {
      return;
    }
    const client = new Client(program.command, this.folder, this.options(), (why) => this.fail(why, "Ended"));
    client.onDidChangeState(({ newState }) => {
      if (newState === State.Running) {
        this.say(`Version ${program.version}`, vscode.LanguageStatusSeverity.Information);
        this.log.info("the language server is running");
      } else if (newState === State.Starting) {
        this.say("Starting", vscode.LanguageStatusSeverity.Information, true);
      }
    });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.client = undefined;
      this.log.error(error as Error);
      const why = (await client.why()) ?? `The language server didn't start: ${(error as Error).message}`;
      this.fail(why, "Didn't start");
      await client.dispose(PATIENCE).catch(() => undefined);
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client !== undefined) {
      await client.dispose(PATIENCE).catch((error: unknown) => this.log.warn(String(error)));
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: SELECTOR,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: () => this.settings(undefined),
      synchronize: { configurationSection: "hullcheck" },
      // What went wrong is told by `begin`, once; the library would tell it again, and less plainly.
      initializationFailedHandler: () => false,
      middleware: {
        workspace: {
          configuration: async (params, token, next) => {
            const theirs = await next(params, token);
            return Array.isArray(theirs)
              ? params.items.map(({ section, scopeUri }, place) =>
                  section === "hullcheck" ? this.settings(scopeUri) : (theirs[place] as unknown),
                )
              : theirs;
          },
          didChangeConfiguration: async () => {
            await this.running?.sendNotification("workspace/didChangeConfiguration", {
              settings: { hullcheck: this.settings(undefined) },
            });
          },
        },
      },
    };
  }

  private settings(scope: string | undefined): Record<string, unknown> {
    const section = vscode.workspace.getConfiguration("hullcheck", scope === undefined ? null : vscode.Uri.parse(scope));
    return forServer(this.names, (name) => section.inspect(name));
  }

  private say(detail: string, severity: vscode.LanguageStatusSeverity, busy = false): void {
    this.status.detail = detail;
    this.status.severity = severity;
    this.status.busy = busy;
  }

  private fail(message: string, short: string): void {
    this.log.error(message);
    this.say(short, vscode.LanguageStatusSeverity.Error);
    const guide = "How to Install";
    const output = "Show Output";
    void vscode.window.showErrorMessage(message, guide, output).then(async (chosen) => {
      if (chosen === guide) {
        await vscode.env.openExternal(vscode.Uri.parse(GUIDE));
      } else if (chosen === output) {
        this.log.show();
      }
    });
  }
}
