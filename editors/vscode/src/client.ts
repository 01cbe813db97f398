// The library's client with words of its own: what ends is told once, by who knows why.

import { spawn } from "node:child_process";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type CloseHandlerResult,
  type ErrorHandler,
  type LanguageClientOptions,
} from "vscode-languageclient/node";

import { whyEnded } from "./version";

/** What is kept of the server's standard error, to say why it ended, in characters. */
const KEPT = 4_000;

/** How often the server is started again in `PERIOD`. */
const RESTARTS = 4;
const PERIOD = 3 * 60_000;

/** How long one waits for the exit code of a server whose output has ended, in milliseconds. */
const LAST_BREATH = 1_000;

export class Client extends LanguageClient {
  private readonly process: Process;

  /** `told` is called when the server has ended for good after it had been started, with why. */
  constructor(command: string, folder: string, options: LanguageClientOptions, told: (why: string) => void) {
    const process = new Process(command, folder);
    const handler = new Handler(() => this.started, process, told);
    super("hullcheck", "hullcheck", async () => process.start(), { ...options, errorHandler: handler });
    this.process = process;
  }

  /** Has the server answered since it was last started? */
  private get started(): boolean {
    return this.isRunning();
  }

  /** Why the server ended, as far as it has said; undefined if it hasn't. */
  why(): Promise<string | undefined> {
    return this.process.why();
  }

  /** The library would interrupt the user for each of several steps of one failure; they are for the log. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** The server's process, and its last words. */
class Process {
  private written = "";
  private code: number | null = null;
  private ended: Promise<boolean> = Promise.resolve(false);

  constructor(
    private readonly command: string,
    private readonly folder: string,
  ) {}

  start() {
    const child = spawn(this.command, ["lsp"], { cwd: this.folder, windowsHide: true });
    this.written = "";
    this.code = null;
    child.stderr.on("data", (data: Buffer) => {
      this.written = (this.written + data.toString("utf8")).slice(-KEPT);
    });
    this.ended = new Promise((resolve) => {
      child.on("close", (code) => {
        this.code = code;
        resolve(true);
      });
      child.on("error", () => resolve(true));
    });
    return child;
  }

  async why(): Promise<string | undefined> {
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), LAST_BREATH));
    return (await Promise.race([this.ended, late])) ? whyEnded(this.written, this.code, this.command) : undefined;
  }
}

class Handler implements ErrorHandler {
  private readonly ends: number[] = [];
  private ran = false;

  constructor(
    private readonly started: () => boolean,
    private readonly process: Process,
    private readonly told: (why: string) => void,
  ) {}

  error(_error: Error, _message: unknown, count: number | undefined) {
    return { action: count !== undefined && count <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown };
  }

  async closed(): Promise<CloseHandlerResult> {
    const started = this.started();
    this.ran ||= started;
    const why = (await this.process.why()) ?? "The language server closed its output.";
    const now = Date.now();
    this.ends.push(now);
    const lately = this.ends.filter((end) => now - end < PERIOD).length;
    if (started && lately <= RESTARTS) {
      return { action: CloseAction.Restart, handled: true, message: `${why} It is started again.` };
    }
    if (!this.ran) {
      return { action: CloseAction.DoNotRestart, handled: true, message: why }; // who started it tells
    }
    this.told(started ? `${why} That was the time number ${lately} in three minutes; it isn't started again.` : why);
    return { action: CloseAction.DoNotRestart, handled: true, message: why };
  }
}
