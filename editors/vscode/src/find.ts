// Which `hullcheck` is run. A repository must never be able to say it, unless its workspace is trusted: not by a setting
// (it is of machine scope), not by a program that lies in it, and not by way of a PATH that leads into it.

import * as path from "node:path";

/** What is known about the machine; handed in so that tests can do without one. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The home folder, for `~` in the setting. */
  readonly home: string;
  /** Is this a file that may be run? */
  runnable(file: string): boolean;
  /** The path without symbolic links; the path itself if there is nothing. */
  real(file: string): string;
}

/** What is asked for. */
export interface Wanted {
  /** The setting `hullcheck.path`, of the user or the machine; empty if there is none. */
  readonly setting: string;
  /** Is the workspace trusted? */
  readonly trusted: boolean;
  /** The workspace's folders. */
  readonly folders: readonly string[];
}

export type From = "setting" | "workspace" | "PATH";

export interface Found {
  readonly kind: "found";
  /** An absolute path. */
  readonly command: string;
  readonly from: From;
}

export interface NotFound {
  readonly kind: "missing";
  /** What to tell the user, in one sentence. */
  readonly message: string;
}

const ENVIRONMENTS = [".venv", "venv"];

/** The program to run, by the setting, else the workspace's virtual environment, else PATH. */
export function find(wanted: Wanted, machine: Machine): Found | NotFound {
  const { join, isAbsolute } = machine.platform === "win32" ? path.win32 : path.posix;
  if (wanted.setting !== "") {
    const file = homed(wanted.setting, machine);
    if (!isAbsolute(file)) {
      // Relative to what? To a repository, in the end.
      return missing(`\`hullcheck.path\` must be an absolute path, and is \`${wanted.setting}\`.`);
    }
    if (!machine.runnable(file)) {
      return missing(`There is no program at \`${file}\`, where \`hullcheck.path\` says that hullcheck is.`);
    }
    return { kind: "found", command: file, from: "setting" };
  }
  if (wanted.trusted) {
    for (const folder of wanted.folders) {
      for (const environment of ENVIRONMENTS) {
        const programs = machine.platform === "win32" ? "Scripts" : "bin";
        for (const name of names(machine)) {
          const file = join(folder, environment, programs, name);
          if (machine.runnable(file)) {
            return { kind: "found", command: file, from: "workspace" };
          }
        }
      }
    }
  }
  const distrusted = wanted.trusted ? [] : wanted.folders.flatMap((folder) => [folder, machine.real(folder)]);
  for (const entry of searched(machine)) {
    if (!isAbsolute(entry)) {
      continue; // `.`, or nothing at all, means whatever folder one happens to be in
    }
    for (const name of names(machine)) {
      const file = join(entry, name);
      const ways = [file, machine.real(entry), machine.real(file)];
      if (ways.some((way) => distrusted.some((folder) => within(way, folder, machine)))) {
        continue;
      }
      if (machine.runnable(file)) {
        return { kind: "found", command: file, from: "PATH" };
      }
    }
  }
  const where = wanted.trusted
    ? "hullcheck is in no virtual environment of this workspace, and not on the PATH."
    : "hullcheck isn't on the PATH, and a workspace that isn't trusted isn't searched for it.";
  return missing(`${where} Install it with \`pip install 'hullcheck[lsp]'\`, or set \`hullcheck.path\`.`);
}

function missing(message: string): NotFound {
  return { kind: "missing", message };
}

/** What `hullcheck` is called on this machine. Files of commands (.bat, .cmd) would need a shell, and are left out. */
function names(machine: Machine): readonly string[] {
  return machine.platform === "win32" ? ["hullcheck.exe"] : ["hullcheck"];
}

function searched(machine: Machine): readonly string[] {
  const windows = machine.platform === "win32";
  // Windows writes it Path, and an environment that was copied may have it in any case.
  const key = windows ? Object.keys(machine.env).find((name) => name.toUpperCase() === "PATH") : "PATH";
  const value = key === undefined ? "" : (machine.env[key] ?? "");
  return value
    .split(windows ? ";" : ":")
    .map((entry) => (windows ? entry.trim().replace(/^"(.*)"$/, "$1") : entry));
}

function homed(file: string, machine: Machine): string {
  if (file === "~") {
    return machine.home;
  }
  const rooted = file.startsWith("~/") || (machine.platform === "win32" && file.startsWith("~\\"));
  return rooted ? machine.home + file.slice(1) : file;
}

/** Does the file lie in the folder, or is it the folder itself? */
export function within(file: string, folder: string, machine: Pick<Machine, "platform">): boolean {
  const windows = machine.platform === "win32";
  const { relative, isAbsolute, sep } = windows ? path.win32 : path.posix;
  const folded = windows || machine.platform === "darwin"; // names that differ in case are one file there
  const way = folded ? relative(folder.toLowerCase(), file.toLowerCase()) : relative(folder, file);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
