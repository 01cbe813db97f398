// For which documents the server is worth starting, and which it is told of.

/** What is told of a document; `text` is asked for only if its name doesn't say enough. */
export interface Shown {
  readonly scheme: string;
  readonly path: string;
  readonly language: string;
  text(): string;
}

/** Names of files that speak for themselves, as globs of VS Code; few, since each is a search of the workspace. */
export const NAMED = [
  "**/{Dockerfile,dockerfile,Containerfile,containerfile}*",
  "**/{compose,docker-compose,podman-compose,container-compose,docker-stack,kustomization,skaffold}*.{yaml,yml}",
  "**/{Chart.yaml,Kustomization,*devcontainer.json,*.Dockerfile,*.dockerfile,docker-bake*}",
] as const;

/** Such a name, of a document that is open. */
const SPEAKING =
  /^(?:(?:docker|container)file(?:[._-].+)?|.+\.(?:docker|container)file|(?:docker-|podman-|container-)?compose(?:[._-].*)?\.(?:ya?ml|json)|.+[._-](?:docker-)?compose\.(?:ya?ml|json)|docker-stack.*\.(?:ya?ml|json)|kustomization(?:\.ya?ml)?|skaffold\.ya?ml|chart\.yaml|.*devcontainer\.json|docker-bake(?:\.override)?\.(?:hcl|json)|\.hullcheck\.ya?ml)$/i;

const LANGUAGES = new Set(["dockerfile", "dockercompose", "helm", "dockerbake"]);

/** Keys with which a manifest, a Compose file or a chart's template begins somewhere. */
const SHAPES = /^(?:(?:apiVersion|kind|services)[ \t]{0,40}:|[ \t{]{0,40}"(?:apiVersion|kind|services)"[ \t]{0,40}:)/m;

/** How much of a document is looked through for what it is. */
const LOOKED_THROUGH = 200_000;

/** Is this a document that hullcheck judges, as far as one can tell without it? */
export function speaks(shown: Shown): boolean {
  if (shown.scheme !== "file") {
    return false;
  }
  if (LANGUAGES.has(shown.language)) {
    return true;
  }
  const name = shown.path.slice(Math.max(shown.path.lastIndexOf("/"), shown.path.lastIndexOf("\\")) + 1);
  if (SPEAKING.test(name)) {
    return true;
  }
  return (shown.language === "yaml" || shown.language === "json") && SHAPES.test(shown.text().slice(0, LOOKED_THROUGH));
}

/** The documents that the server is told of. */
export const SELECTOR = [
  { scheme: "file", language: "dockerfile" },
  { scheme: "file", language: "dockercompose" },
  { scheme: "file", language: "dockerbake" },
  { scheme: "file", language: "helm" },
  { scheme: "file", language: "yaml" },
  { scheme: "file", language: "json" },
  { scheme: "file", language: "dotenv" },
  ...["**/*devcontainer.json", "**/docker-bake*.{hcl,json}", "**/.env", "**/*.{Dockerfile,Containerfile}",
    "**/{Dockerfile,Containerfile}*", "**/*.{yaml,yml,tpl}"].map((pattern) => ({ scheme: "file", pattern })),
];
