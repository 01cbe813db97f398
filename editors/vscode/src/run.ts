// hullcheck as a program: asked for its version, a check's page or the list of checks.

import { execFile } from "node:child_process";
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";

import type { Machine } from "./find";

/** How long hullcheck may take to answer, in milliseconds. */
const PATIENCE = 20_000;

/** This machine. */
export const machine: Machine = {
  platform: process.platform,
  env: process.env,
  home: homedir(),
  runnable(file) {
    try {
      accessSync(file, process.platform === "win32" ? constants.F_OK : constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  },
  real(file) {
    try {
      return realpathSync(file);
    } catch {
      return file;
    }
  },
};

export interface Answer {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs hullcheck in the folder, without a shell. Rejects if it can't be started or takes too long. */
export function ask(command: string, words: readonly string[], folder: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...words],
      { cwd: folder, timeout: PATIENCE, maxBuffer: 16 * 1024 * 1024, windowsHide: true },
      (error, output, errors) => {
        const code: unknown = error === null ? 0 : error.code;
        if (typeof code === "number") {
          resolve({ code, output, errors });
        } else {
          reject(error?.killed === true ? new Error(`\`${command}\` didn't answer in ${PATIENCE / 1000} s.`) : error);
        }
      },
    );
    child.stdin?.end();
  });
}
