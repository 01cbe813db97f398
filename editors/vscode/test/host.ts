// As much of VS Code as the extension and the client's library use, without a display: documents, settings, diagnostics,
// providers and messages are kept where a test can look at them.

import { readFileSync } from "node:fs";
import Module from "node:module";
import path from "node:path";
import { URI } from "vscode-uri";

type Listener<T> = (event: T) => unknown;

class Disposable {
  constructor(private readonly end: () => void = () => undefined) {}
  static from(...all: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => all.forEach((each) => each.dispose()));
  }
  dispose(): void {
    this.end();
  }
}

export class EventEmitter<T> {
  private readonly listeners = new Set<Listener<T>>();
  readonly event = (listener: Listener<T>, self?: unknown, kept?: Disposable[]): Disposable => {
    const bound = self === undefined ? listener : listener.bind(self);
    this.listeners.add(bound);
    const ended = new Disposable(() => this.listeners.delete(bound));
    kept?.push(ended);
    return ended;
  };
  async fire(event: T): Promise<void> {
    await Promise.all([...this.listeners].map((listener) => listener(event)));
  }
  dispose(): void {
    this.listeners.clear();
  }
}

class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
  isBeforeOrEqual(other: Position): boolean {
    return this.line < other.line || (this.line === other.line && this.character <= other.character);
  }
}

export class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(start: Position | number, end: Position | number, line?: number, character?: number) {
    this.start = start instanceof Position ? start : new Position(start, end as number);
    this.end = start instanceof Position ? (end as Position) : new Position(line ?? 0, character ?? 0);
  }
  intersection(other: Range): Range | undefined {
    const apart = !this.start.isBeforeOrEqual(other.end) || !other.start.isBeforeOrEqual(this.end);
    return apart ? undefined : other;
  }
}

class CodeActionKind {
  static readonly Empty = new CodeActionKind("");
  static readonly QuickFix = new CodeActionKind("quickfix");
  static readonly Source = new CodeActionKind("source");
  static readonly Refactor = new CodeActionKind("refactor");
  constructor(readonly value: string) {}
  append(part: string): CodeActionKind {
    return new CodeActionKind(this.value === "" ? part : `${this.value}.${part}`);
  }
}

class Diagnostic {
  source?: string;
  code?: unknown;
  relatedInformation?: unknown[];
  constructor(
    readonly range: Range,
    readonly message: string,
    readonly severity: number,
  ) {}
}

class WorkspaceEdit {
  readonly edits: [URI, unknown[]][] = [];
  set(uri: URI, edits: unknown[]): void {
    this.edits.push([uri, edits]);
  }
}

/**
 * All classes and enumerations that VS Code declares. The enumerations have their values; the classes, which no test looks
 * into, keep what they are made of.
 */
function declared(): Record<string, unknown> {
  const file = path.resolve(__dirname, "../../node_modules/@types/vscode/index.d.ts");
  const text = readFileSync(file, "utf8");
  const all: Record<string, unknown> = {};
  for (const [, name = ""] of text.matchAll(/^\texport class (\w+)/gm)) {
    all[name] = class {
      readonly made: unknown[];
      constructor(...made: unknown[]) {
        this.made = made;
      }
    };
  }
  for (const [, name = "", body = ""] of text.matchAll(/^\texport enum (\w+) \{(.*?)^\t\}/gms)) {
    const rows = [...body.matchAll(/^\t\t(\w+)(?: = (-?\d+))?/gm)];
    all[name] = Object.fromEntries(rows.map(([, key = "", value], place) => [key, Number(value ?? place)]));
  }
  return all;
}

/** The object, and for every other name a function that does nothing and can be disposed of. */
function filled<T extends object>(known: T): T {
  return new Proxy(known, {
    get(target, name, self) {
      if (name in target || typeof name === "symbol" || name === "then") {
        return Reflect.get(target, name, self) as unknown;
      }
      return () => new Disposable();
    },
  });
}

export interface Opened {
  uri: URI;
  languageId: string;
  version: number;
  text: string;
  getText(): string;
  isDirty: boolean;
}

type Scoped = { user?: unknown; workspace?: unknown };

/** A window of VS Code that isn't there. */
export class Host {
  readonly documents: Opened[] = [];
  readonly diagnostics = new Map<string, Diagnostic[]>();
  readonly providers: { kind: string; selector: unknown; provider: Record<string, (...all: unknown[]) => unknown> }[] = [];
  readonly commands = new Map<string, (...all: unknown[]) => unknown>();
  readonly executed: [string, ...unknown[]][] = [];
  readonly errors: string[] = [];
  readonly log: string[] = [];
  readonly settings = new Map<string, Scoped>();
  readonly status: { text?: string; detail?: string; severity?: number; busy?: boolean } = {};
  readonly shown: string[] = [];
  files: string[] = [];
  trusted = true;
  folders: string[];
  editor: { document: Opened; selection: Range } | undefined;

  readonly opened = new EventEmitter<Opened>();
  readonly changed = new EventEmitter<unknown>();
  readonly saved = new EventEmitter<Opened>();
  readonly closed = new EventEmitter<Opened>();
  readonly configured = new EventEmitter<{ affectsConfiguration(name: string): boolean }>();
  readonly trust = new EventEmitter<void>();
  readonly vscode: object;

  constructor(folder: string) {
    this.folders = [folder];
    this.vscode = this.made();
  }

  /** What `require("vscode")` is from now on. */
  install(): void {
    const loader = Module as unknown as { _load(request: string, ...others: unknown[]): unknown };
    const load = loader._load.bind(Module);
    loader._load = (request, ...others) => (request === "vscode" ? this.vscode : load(request, ...others));
  }

  async open(file: string, languageId: string, text: string): Promise<Opened> {
    const document: Opened = {
      uri: URI.file(file),
      languageId,
      version: 1,
      text,
      isDirty: false,
      getText: () => document.text,
    };
    this.documents.push(document);
    this.editor = { document, selection: new Range(0, 0, 0, 0) };
    await this.opened.fire(document);
    return document;
  }

  async edit(document: Opened, text: string): Promise<void> {
    const lines = document.text.split("\n");
    const range = new Range(0, 0, lines.length - 1, (lines.at(-1) ?? "").length);
    const change = { range, rangeOffset: 0, rangeLength: document.text.length, text };
    document.text = text;
    document.version += 1;
    document.isDirty = true;
    await this.changed.fire({ document, contentChanges: [change], reason: undefined });
  }

  async set(name: string, value: Scoped): Promise<void> {
    this.settings.set(name, value);
    await this.configured.fire({ affectsConfiguration: (asked) => name === asked || name.startsWith(`${asked}.`) });
  }

  /** The codes of what is shown at a file, sorted. */
  codes(file: string): string[] {
    const found = this.diagnostics.get(URI.file(file).toString()) ?? [];
    const plain = (code: unknown) => (typeof code === "object" && code !== null ? (code as { value: unknown }).value : code);
    return found.map((each) => String(plain(each.code))).sort();
  }

  /** Waits until it is so; fails after that many milliseconds, with what there is instead. */
  async until(so: () => boolean, what: string, patience = 60_000): Promise<void> {
    const end = Date.now() + patience;
    while (!so()) {
      if (Date.now() > end) {
        throw new Error(`never ${what}; errors: ${this.errors.join("; ")}; log:\n${this.log.slice(-20).join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private section(prefix: string): object {
    const whole = (name: string) => (prefix === "" ? name : `${prefix}.${name}`);
    const inspect = (name: string) => {
      const { user, workspace } = this.settings.get(whole(name)) ?? {};
      return { key: whole(name), globalValue: user, workspaceValue: workspace, defaultValue: "a default" };
    };
    return {
      inspect,
      get: (name: string, otherwise?: unknown) => {
        const { user, workspace } = this.settings.get(whole(name)) ?? {};
        return workspace ?? user ?? otherwise;
      },
      has: (name: string) => this.settings.has(whole(name)),
    };
  }

  private matches(selector: unknown, document: Opened): number {
    const all = Array.isArray(selector) ? (selector as Record<string, string>[]) : [selector as Record<string, string>];
    const fits = (filter: Record<string, string>) =>
      (filter["scheme"] === undefined || filter["scheme"] === document.uri.scheme) &&
      (filter["language"] === undefined || filter["language"] === document.languageId) &&
      (filter["pattern"] === undefined || path.matchesGlob?.(document.uri.fsPath, filter["pattern"]) === true);
    return all.some(fits) ? 10 : 0;
  }

  private made(): object {
    const host = this;
    const output = filled({
      name: "hullcheck",
      logLevel: 3,
      onDidChangeLogLevel: new EventEmitter<number>().event,
      ...Object.fromEntries(
        ["trace", "debug", "info", "warn", "error", "append", "appendLine"].map((level) => [
          level,
          (message: unknown) => void host.log.push(`${level}: ${String(message)}`),
        ]),
      ),
      show: () => void host.shown.push("output"),
    });
    const collection = () => ({
      set: (uri: URI, found: Diagnostic[] | undefined) => void host.diagnostics.set(uri.toString(), found ?? []),
      delete: (uri: URI) => void host.diagnostics.delete(uri.toString()),
      clear: () => host.diagnostics.clear(),
      dispose: () => host.diagnostics.clear(),
      has: () => false,
      get: () => undefined,
    });
    const never = new EventEmitter<never>().event;
    const workspace = filled({
      get isTrusted() {
        return host.trusted;
      },
      get workspaceFolders() {
        return host.folders.map((folder, index) => ({ uri: URI.file(folder), name: path.basename(folder), index }));
      },
      get textDocuments() {
        return host.documents;
      },
      notebookDocuments: [],
      getConfiguration: (prefix = "") => host.section(prefix),
      getWorkspaceFolder: (uri: URI) => {
        const index = host.folders.findIndex((folder) => uri.fsPath.startsWith(folder));
        return index < 0 ? undefined : { uri: URI.file(host.folders[index] ?? ""), name: "", index };
      },
      findFiles: async (pattern: string) =>
        host.files.filter((file) => path.matchesGlob?.(file, pattern) ?? true).map((file) => URI.file(file)),
      openTextDocument: async (uri: URI) => ({ uri, languageId: "plaintext", getText: () => "" }),
      onDidOpenTextDocument: host.opened.event,
      onDidChangeTextDocument: host.changed.event,
      onDidSaveTextDocument: host.saved.event,
      onDidCloseTextDocument: host.closed.event,
      onDidChangeConfiguration: host.configured.event,
      onDidGrantWorkspaceTrust: host.trust.event,
      createFileSystemWatcher: () =>
        filled({ onDidCreate: never, onDidChange: never, onDidDelete: never, dispose: () => undefined }),
    });
    const windows = filled({
      tabGroups: { all: [], onDidChangeTabs: never },
      visibleTextEditors: [],
      get activeTextEditor() {
        return host.editor;
      },
      createOutputChannel: () => output,
      showErrorMessage: async (message: string) => void host.errors.push(message),
      showTextDocument: async (document: { uri: URI }) => void host.shown.push(document.uri.toString()),
      showQuickPick: async () => undefined,
      withProgress: async (_: unknown, task: (...all: unknown[]) => unknown) =>
        task({ report: () => undefined }, { isCancellationRequested: false, onCancellationRequested: never }),
    });
    const languages = filled({
      match: (selector: unknown, document: Opened) => host.matches(selector, document),
      createDiagnosticCollection: collection,
      createLanguageStatusItem: () => Object.assign(host.status, { dispose: () => undefined }),
      getDiagnostics: (uri: URI) => host.diagnostics.get(uri.toString()) ?? [],
    });
    const register = (kind: string) => (selector: unknown, provider: never) => {
      host.providers.push({ kind, selector, provider });
      return new Disposable();
    };
    for (const kind of ["Hover", "CodeActions", "Definition"]) {
      Object.assign(languages, { [`register${kind}Provider`]: register(kind) });
    }
    const commands = filled({
      registerCommand: (name: string, run: (...all: unknown[]) => unknown) => {
        if (host.commands.has(name)) {
          throw new Error(`command '${name}' already exists`); // as VS Code does
        }
        host.commands.set(name, run);
        return new Disposable(() => host.commands.delete(name));
      },
      executeCommand: async (...all: [string, ...unknown[]]) => void host.executed.push(all),
    });
    return {
      ...declared(),
      version: "1.91.0",
      Uri: URI,
      Disposable,
      EventEmitter,
      Position,
      Range,
      Selection: Range,
      Diagnostic,
      CodeActionKind,
      WorkspaceEdit,
      CancellationTokenSource: class {
        readonly token = { isCancellationRequested: false, onCancellationRequested: never };
        cancel(): void {}
        dispose(): void {}
      },
      workspace,
      window: windows,
      languages,
      commands,
      env: filled({ appName: "test", language: "en", openExternal: async (uri: URI) => void host.shown.push(uri.toString()) }),
      extensions: filled({ all: [], getExtension: () => undefined }),
    };
  }
}

/** The context that VS Code hands to an extension. */
export function context(root: string, packageJSON: unknown): { subscriptions: Disposable[] } {
  return filled({ subscriptions: [] as Disposable[], extensionPath: root, extension: filled({ packageJSON }) });
}
