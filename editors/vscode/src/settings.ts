// What of the section `hullcheck` is the extension's own, and what is the server's.

/** Settings that the server isn't told: they say how it is started. */
export const OWN: readonly string[] = ["path"];

/** What VS Code's `inspect` tells of a setting. */
export interface Inspected {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
}

/** The value that the user or the machine gave, and no workspace; empty if there is none. */
export function ofUser(inspected: Inspected | undefined): string {
  const value = inspected?.globalValue;
  return typeof value === "string" ? value.trim() : "";
}

/** The value that somebody gave; undefined where only the default would speak. */
export function given(inspected: Inspected | undefined): unknown {
  return inspected?.workspaceFolderValue ?? inspected?.workspaceValue ?? inspected?.globalValue ?? undefined;
}

/** The server's settings among the extension's, without the prefix: `hullcheck.profile` is `profile`. */
export function serverNames(properties: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(properties)
    .filter((name) => name.startsWith("hullcheck."))
    .map((name) => name.slice("hullcheck.".length))
    .filter((name) => !OWN.includes(name));
}

/**
 * The section as the server is told it: what somebody has set, and nothing else. A default would take the place of what
 * the repository's own configuration says.
 */
export function forServer(
  names: readonly string[],
  inspect: (name: string) => Inspected | undefined,
): Record<string, unknown> {
  const told: Record<string, unknown> = {};
  for (const name of names) {
    const value = given(inspect(name));
    if (value !== undefined) {
      told[name] = value;
    }
  }
  return told;
}
