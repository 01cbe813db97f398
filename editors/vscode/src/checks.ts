// The checks to explain: those at the cursor first, then all.

export interface Check {
  readonly name: string;
  readonly detail: string;
}

/** The names of checks among diagnostics' codes, each once, in their order. */
export function told(diagnostics: readonly { readonly source?: string | undefined; readonly code?: unknown }[]): string[] {
  const names = new Set<string>();
  for (const { source, code } of diagnostics) {
    const name = typeof code === "object" && code !== null ? (code as { value?: unknown }).value : code;
    if (source === "hullcheck" && typeof name === "string" && plain(name)) {
      names.add(name);
    }
  }
  return [...names];
}

/** May this be handed to `hullcheck explain`? A word that begins like an option never. */
export function plain(name: string): boolean {
  return /^[A-Za-z0-9][\w:./-]{0,120}$/.test(name);
}

/** The checks in what `hullcheck checks --output-format json` prints. */
export function listed(output: string): Check[] {
  const read: unknown = JSON.parse(output);
  const rows = Array.isArray(read) ? read : ((read as { checks?: unknown } | null)?.checks ?? []);
  const checks: Check[] = [];
  for (const row of Array.isArray(rows) ? rows : []) {
    const { name, summary, severity } = row as Record<string, unknown>;
    if (typeof name === "string") {
      checks.push({ name, detail: [severity, summary].filter((part) => typeof part === "string").join(": ") });
    }
  }
  return checks;
}
