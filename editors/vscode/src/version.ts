// Is the hullcheck that was found new enough to be talked to?

/** The oldest hullcheck that has the language server. */
export const OLDEST = "0.1.0";

const NEWER = "Get a newer one with `pip install --upgrade 'hullcheck[lsp]'`.";

/** The version in what `hullcheck --version` prints; undefined if that isn't hullcheck's. */
export function versionIn(output: string): string | undefined {
  return /^hullcheck (\d{1,6}(?:\.\d{1,6}){1,3}(?:[-.+]?[A-Za-z0-9.+]{1,40})?)\s*$/m.exec(output)?.[1];
}

/** Is the version at least `oldest`? What stands behind the numbers (rc1, .dev2) doesn't count. */
export function atLeast(version: string, oldest: string = OLDEST): boolean {
  const [ours, theirs] = [numbers(version), numbers(oldest)];
  for (let place = 0; place < Math.max(ours.length, theirs.length); place++) {
    const difference = (ours[place] ?? 0) - (theirs[place] ?? 0);
    if (difference !== 0) {
      return difference > 0;
    }
  }
  return true;
}

function numbers(version: string): number[] {
  return (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? "").split(".").map(Number);
}

export type Verdict = { readonly ok: true; readonly version: string } | { readonly ok: false; readonly message: string };

/** What to make of what `hullcheck --version` printed, of the program at `command`. */
export function judge(output: string, command: string): Verdict {
  const version = versionIn(output);
  if (version === undefined) {
    return { ok: false, message: `\`${command}\` doesn't answer as hullcheck does.` };
  }
  if (!atLeast(version)) {
    return { ok: false, message: `hullcheck ${version} at \`${command}\` is too old: ${OLDEST} is needed. ${NEWER}` };
  }
  return { ok: true, version };
}

/** Why the server ended before it answered, by what it wrote on standard error. */
export function whyEnded(written: string, code: number | null, command: string): string {
  if (/invalid choice: ['"]?lsp\b/.test(written)) {
    return `The hullcheck at \`${command}\` is too old to have a language server. ${NEWER}`;
  }
  if (/hullcheck\[lsp\]|No module named '?(?:pygls|lsprotocol)/.test(written)) {
    return `The hullcheck at \`${command}\` was installed without its language server. Add it with \`pip install 'hullcheck[lsp]'\`.`;
  }
  const last = written.trimEnd().split("\n").at(-1)?.trim() ?? "";
  const ending = code === null ? "was stopped" : `ended with exit code ${code}`;
  return `The language server ${ending}${last === "" ? "." : `: ${last.slice(0, 300)}`}`;
}
