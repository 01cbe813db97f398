"""Small repositories in which files are joined in every way that is known: builds, layers, networks, images, overlays."""

import random
from pathlib import Path

FOLDERS = ("", "app", "app/web", "shop", "shop/web", "shop/db", "base", "deploy", "deploy/prod")
NAMES = ("web", "shop-web", "base", "acme/base", "registry.example.com/acme/web", "postgres", "tool", "app-api", "api")


class Maker:
    """Writes one repository, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.breaks = random.Random(seed + 1)
        self.files: dict[str, str] = {}

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def maybe(self, text: str, chance: float = 0.3) -> str:
        return text if self.random.random() < chance else ""

    def path(self, name: str) -> str:
        folder = self.pick(*FOLDERS)
        return f"{folder}/{name}" if folder else name

    def image(self) -> str:
        name = self.pick(*NAMES)
        return name + self.pick("", ":1", ":latest", "@sha256:" + "a" * 64)

    def tree(self) -> dict[str, str]:
        """The files by path."""
        rolls = (
            (self.dockerfile, 4), (self.compose, 5), (self.manifest, 3), (self.dotenv, 2), (self.script, 2),
            (self.skaffold, 1), (self.bake, 1), (self.kustomization, 1), (self.chart, 1), (self.variables, 2),
            (self.workflow, 1), (self.updates, 1), (self.other, 2), (self.container, 1), (self.credentials, 1),
            (self.tilt, 1), (self.hcl, 1), (self.platform, 1), (self.application, 1), (self.matrix, 1), (self.started, 1),
            (self.odd, 2),
        )  # fmt: skip
        for make, most in rolls:
            for _ in range(self.random.randint(0, most)):
                make()
        return self.files

    def dockerfile(self) -> None:
        path = self.path(self.pick("Dockerfile", "Dockerfile", "Dockerfile", "api.Dockerfile", "Dockerfile.dev"))
        start = self.pick("FROM {0}", "FROM {0} AS build", "ARG IMAGE={0}\nFROM ${{IMAGE}}", "FROM ${{REG:-x}}/{0}")
        self.files[path] = "\n".join(
            (
                start.format(self.image()),
                self.maybe("ARG TOKEN\nRUN echo $TOKEN"),
                self.maybe("USER 1000"),
                self.maybe("ONBUILD USER 1001", 0.2),
                self.maybe("COPY . /app", 0.5),
                self.maybe(f"COPY --from={self.pick('build', *NAMES)} /a /a"),
                self.maybe("ENV PASSWORD=hunter2hunter2", 0.2),
                self.maybe("# hullcheck: ignore=root-user-implicit  # known", 0.2),
                self.maybe(f"FROM {self.image()} AS final\nEXPOSE 22", 0.4),
                'CMD ["/app/run"]\n',
            )
        )

    def context(self) -> str:
        return self.pick(
            ".", "..", "./web", "../web", "../shop/web", "../..", "../base", "web", "${WHERE:-web}", "base"
        )

    def service(self, name: str) -> list[str]:
        lines = [f"  {name}:"]
        if self.random.random() < 0.5:
            if self.random.random() < 0.5:
                lines.append(f"    build: {self.context()}")
            else:
                lines.append(f"    build: {{context: {self.pick('.', 'web', '../base')}, args: {{TOKEN: a}}}}")
            lines += [f"    image: {self.image()}"] if self.random.random() < 0.4 else []
        elif self.random.random() < 0.2:
            lines.append(
                f"    extends: {{file: {self.pick('../compose.yaml', 'common.yaml', '../shop/compose.yaml')}, service: web}}"
            )
        else:
            lines.append(f"    image: {self.pick(self.image(), self.image(), '${IMAGE:-web}', 'postgres:16')}")
        if self.random.random() < 0.3:
            lines += (
                [
                    "    build:",
                    f"      context: {self.context()}",
                    f"      dockerfile: {self.pick('Dockerfile', 'api.Dockerfile', 'web/Dockerfile')}",
                ]
                if not any("build" in line for line in lines)
                else []
            )
        lines += (
            [f"    env_file: {self.pick('.env', 'app.env', '../app.env', '[app.env, ../shop/app.env]')}"]
            if self.random.random() < 0.25
            else []
        )
        lines += [f"    networks: [{self.pick('front', 'shared', 'default')}]"] if self.random.random() < 0.4 else []
        lines += ["    privileged: true"] if self.random.random() < 0.2 else []
        lines += (
            ['    environment: {API_PASSWORD: "${API_PASSWORD:-hunter2hunter2}"}'] if self.random.random() < 0.2 else []
        )
        lines += ['    ports: ["5432:5432"]'] if self.random.random() < 0.3 else []
        return lines

    def compose(self) -> None:
        name = self.pick(
            "compose.yaml",
            "compose.yaml",
            "docker-compose.yml",
            "compose.override.yaml",
            "docker-compose.prod.yml",
            "common.yaml",
            "stack.yml",
        )
        lines = [self.maybe(f"name: {self.pick('shop', 'web', 'my-app', 'shop_web')}", 0.2)]
        lines += (
            [f"include: [{self.pick('../compose.yaml', 'common.yaml', 'web/compose.yaml')}]"]
            if self.random.random() < 0.15
            else []
        )
        if self.random.random() < 0.1:
            lines.append("include: [{path: web/compose.yaml, project_directory: base}]") if "include" not in lines[
                -1
            ] else None
        lines.append("services:")
        for service in self.random.sample(("web", "db", "api", "tool"), self.random.randint(1, 3)):
            lines += self.service(service)
        lines += ["networks:"]
        lines += [
            "  front:",
            self.pick("    internal: true", "    name: shared", "    name: shop_front", "    external: true"),
        ]
        lines += ["  shared:", "    external: true"]
        text = "\n".join(filter(None, lines)) + "\n"
        text = self.oddly(text) if self.random.random() < 0.15 else text
        self.files[self.path(name)] = self.broken(text) if self.breaks.random() < 0.1 else text

    def oddly(self, text: str) -> str:
        """The same, written in a way that few people write."""
        changes = (
            ("services:", '"\\x73ervices":'), ("    build:", '    "\\u0062uild":'), ("    image: ", "    ? image\n    : "),
            ("    image: ", "    image:\n      "), ("    image: ", "    image: &img "), ("../", ".././"),
            ("services:", "x-a: &a {build: web}\nservices:\n  more: {<<: *a, image: tool}"),
        )  # fmt: skip
        old, new = self.random.choice(changes)
        return text.replace(old, new, 1)

    def broken(self, text: str) -> str:
        """The same, with another end of each line that YAML knows."""
        return text.replace("\n", self.breaks.choice(("\r", "\x85", "\u2028", "\u2029", "\r\n")))

    def manifest(self) -> None:
        name = self.pick("web", "db", "api")
        space = self.pick("default", "prod")
        kind = self.pick("Deployment", "Deployment", "Service", "NetworkPolicy", "Namespace")
        head = f"metadata: {{name: {name}, namespace: {space}, labels: {{app: {name}}}}}\n"
        if kind == "Deployment":
            text = f"apiVersion: apps/v1\nkind: Deployment\n{head}spec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n        - name: main\n          image: {self.image()}\n          ports: [{{containerPort: 80}}]\n"
        elif kind == "Service":
            text = f"apiVersion: v1\nkind: Service\n{head}spec: {{selector: {{app: {self.pick('web', 'wep', 'db')}}}, ports: [{{port: 80}}]}}\n"
        elif kind == "Namespace":
            text = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {space}}}\n"
        else:
            text = f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n{head}spec: {{podSelector: {{matchLabels: {{app: {self.pick('web', 'dbb')}}}}}, policyTypes: [Ingress]}}\n"
        self.files[self.path(f"{name}-{kind.lower()}{self.random.randint(0, 2)}.yaml")] = text

    def dotenv(self) -> None:
        self.files[self.path(".env")] = self.pick("WHERE=web\n", "COMPOSE_FILE=compose.yaml:common.yaml\n", "API_PASSWORD=hunter2hunter2\n", "IMAGE=acme/base\n", "COMPOSE_FILE=web/compose.yaml\n", "COMPOSE_PROJECT_NAME=shop\n")  # fmt: skip

    def variables(self) -> None:
        self.files[self.path("app.env")] = self.pick(
            "API_PASSWORD=hunter2hunter2\n", "DEBUG=1\n", "DB_TOKEN=abcdefabcdef1234\n"
        )

    def script(self) -> None:
        text = self.pick(
            "docker build -t {image} {context}\n", "docker build -f api.Dockerfile --target build .\n",
            "docker compose -f compose.yaml -f docker-compose.prod.yml up\n", "docker compose -f stack.yml up\n",
            "docker compose -f shop/compose.yaml -f app/compose.yaml up\n", "docker buildx bake -f build.json\n",
        )  # fmt: skip
        name = self.pick("build.sh", "Makefile", "README.md", "scripts/run")
        self.files[self.path(name)] = text.format(image=self.image(), context=self.context())

    def skaffold(self) -> None:
        self.files[self.path("skaffold.yaml")] = (
            f"apiVersion: skaffold/v4beta6\nkind: Config\nbuild:\n  artifacts:\n    - image: {self.pick(*NAMES)}\n"
            f"      context: {self.pick('.', 'web', 'shop/web')}\n"
        )

    def bake(self) -> None:
        self.files[self.path(self.pick("docker-bake.json", "build.json"))] = (
            f'{{"target": {{"one": {{"context": "{self.pick(".", "web", "../base")}", "tags": ["{self.image()}"]}}}}}}\n'
        )

    def kustomization(self) -> None:
        self.files[self.path("kustomization.yaml")] = self.pick(
            "resources: [web-deployment0.yaml, ../base]\n", "namespace: prod\nresources: [db-deployment1.yaml]\n",
            "images: [{name: web, newName: acme/base}]\nresources: [web-deployment0.yaml]\n",
            "secretGenerator: [{name: x, envs: [app.env]}]\n",
        )  # fmt: skip

    def chart(self) -> None:
        folder = self.pick("deploy/chart", "charts/web")
        self.files[f"{folder}/Chart.yaml"] = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
        self.files[f"{folder}/values.yaml"] = f"image: {self.pick(*NAMES)}\npassword: hunter2hunter2\n"
        self.files[f"{folder}/templates/pod.yaml"] = (
            'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: "{{ .Values.image }}"}]}\n'
        )

    def workflow(self) -> None:
        self.files[".github/workflows/ci.yml"] = (
            "on: push\njobs:\n  a:\n    steps:\n      - uses: docker/build-push-action@v6\n"
            f"        with: {{context: {self.pick('.', 'shop/web', 'app')}, tags: {self.pick(*NAMES)}, target: {self.pick('build', 'final')}}}\n"
        )

    def updates(self) -> None:
        folder = self.pick("/", "/app", "/shop/web")
        self.files[".github/dependabot.yml"] = (
            f"version: 2\nupdates: [{{package-ecosystem: docker, directory: {folder}}}]\n"
        )

    def container(self) -> None:
        self.files[self.path(".devcontainer/devcontainer.json")] = self.pick(
            '{"dockerComposeFile": ["../compose.yaml", "compose.yaml"]}\n',
            '{"build": {"dockerfile": "../Dockerfile"}}\n',
            f'{{"build": {{"dockerfile": "../{self.pick("web/", "", "../")}Dockerfile", "context": ".."}}, "runArgs": ["--privileged"]}}\n',
            f'{{"image": "{self.image()}", "features": {{"./tool": {{}}}}, "remoteUser": "root"}}\n',
            f'{{"dockerComposeFile": "../{self.pick("compose.yaml", "stack.yml", "common.yaml")}", "service": "web"}}\n',
        )

    def credentials(self) -> None:
        self.files[self.path(self.pick("id_rsa", ".dockerignore"))] = self.pick(
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n", "*\n!web\n"
        )

    def tilt(self) -> None:
        self.files[self.path("Tiltfile")] = self.pick(
            f"docker_build('{self.pick(*NAMES)}', '{self.pick('.', 'web', '../base')}')\n",
            f"docker_build('{self.pick(*NAMES)}', '.', dockerfile='{self.pick('web/', '')}Dockerfile', target='final')\n",
            f"docker_build('{self.pick(*NAMES)}', '.', dockerfile_contents='''FROM {self.image()}\nENV PASSWORD=hunter2hunter2\n''')\n",
        )

    def hcl(self) -> None:
        tag = self.pick("${REGISTRY}/web:1", "${NAME}", "acme/${NAME}:1", "shop-${NAME}", self.image())
        name = self.path(self.pick("docker-bake.hcl", "build.hcl"))
        self.files[name] = (
            f'variable "NAME" {{ default = "{self.pick("web", "base", "db")}" }}\n'
            'variable "REGISTRY" { default = "registry.example.com/acme" }\n'
            f'target "one" {{\n  context = "{self.pick(".", "web", "shop/web", "${NAME}")}"\n  tags = ["{tag}"]\n'
            f"  {self.pick('target = ' + chr(34) + 'final' + chr(34), 'args = { TOKEN = NAME }', '')}\n}}\n"
        )
        if name.endswith("build.hcl"):
            self.files[self.path("bake.sh")] = f"docker buildx bake -f {name} one\n"

    def platform(self) -> None:
        name, text = self.random.choice(
            (
                (
                    "cloudbuild.yaml",
                    "steps: [{name: gcr.io/cloud-builders/docker, args: [build, -t, %s, -f, %s/Dockerfile, .]}]\n",
                ),
                (
                    "azure-pipelines.yml",
                    "steps:\n  - task: Docker@2\n    inputs: {repository: %s, Dockerfile: %s/Dockerfile}\n",
                ),
                (".gitlab-ci.yml", "build:\n  script:\n    - docker build -t %s --build-arg TOKEN=abc %s\n"),
                ("Jenkinsfile", "docker.build('%s', '%s')\n"),
                ("ci/deploy.sh", "kustomize edit set image %s=x/y:1\n# %s\n"),
                ("devspace.yaml", "images:\n  one:\n    image: %s\n    dockerfile: %s/Dockerfile\n"),
            )
        )
        where = self.pick("web", "shop/web", "app", "base")
        self.files[name] = text % (self.pick(*NAMES), where)

    def application(self) -> None:
        source = self.pick(
            "path: deploy/chart\n    helm: {valueFiles: [../../prod.yaml, values.prod.yaml]}",
            "path: charts/web\n    helm: {valueFiles: [/deploy/settings.yaml], parameters: [{name: image, value: acme/base}]}",
            "path: deploy/prod\n    kustomize: {images: [web=acme/base]}",
            "path: shop",
        )
        text = self.pick(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: argocd}\nspec:\n"
            f"  source:\n    repoURL: https://git.example.com/a.git\n    {source}\n  destination: {{namespace: prod}}\n",
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n  generators:\n"
            "    - git: {repoURL: https://git.example.com/a.git, files: [{path: '*/settings.yaml'}]}\n  template:\n"
            "    metadata: {name: 'x-{{name}}'}\n    spec:\n      source: {repoURL: https://git.example.com/a.git, path: shop}\n"
            "      destination: {namespace: '{{name}}'}\n",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web, namespace: prod}\nspec:\n"
            f"  path: ./{self.pick('deploy', 'shop', 'base')}\n  targetNamespace: prod\n  sourceRef: {{kind: GitRepository, name: a}}\n",
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: prod}\nspec:\n"
            "  chart: {spec: {chart: ./deploy/chart, sourceRef: {kind: GitRepository, name: a}, valuesFiles: [deploy/chart/values.yaml, deploy/prod.yaml]}}\n"
            "  values: {image: acme/base}\n",
        )
        self.files[self.path("application.yaml")] = text
        if self.random.random() < 0.5:
            self.files[self.pick("prod.yaml", "deploy/prod.yaml", "deploy/settings.yaml", "shop/settings.yaml")] = (
                f"name: settings\nimage: {self.pick(*NAMES)}\npassword: hunter2hunter2\n"
            )

    def matrix(self) -> None:
        self.files[".github/workflows/images.yml"] = (
            "on: push\njobs:\n  a:\n    strategy: {matrix: {include: [{name: web, dir: shop/web}, {name: base, dir: base}]}}\n"
            "    steps:\n      - run: docker build -t acme/${{ matrix.name }}:1 --target final ${{ matrix.dir }}\n"
        )

    def started(self) -> None:
        """Compose files that are started from elsewhere, with other variables, or in a swarm."""
        where = self.pick("shop", "app", "app/web", ".")
        self.files[self.path(self.pick("up.sh", "deploy.sh"))] = self.pick(
            f"docker stack deploy -c {where}/compose.yaml -c {where}/docker-compose.prod.yml {self.pick('shop', 'web')}\n",
            f"docker stack deploy -c {where}/stack.yml {self.pick('shop', 'web')}\n",
            f"docker compose --project-directory {self.pick('base', 'shop', '.')} -f {where}/compose.yaml --env-file {where}/app.env up\n",
            f"docker compose -p {self.pick('shop', 'web')} -f {where}/compose.yaml -f {where}/common.yaml up\n",
            f"docker compose --env-file app.env -f {where}/docker-compose.yml up\n",
        )

    def odd(self) -> None:
        """What its text alone doesn't tell from a Compose file or a bake file, or from one that is made of variables."""
        service = f"image: {self.image()}\n    build: {self.pick('.', 'web', '../base')}"
        name, text = self.random.choice(
            (
                ("compose.yaml", "x-run: |\n  echo ${A}\nservices:\n  web:\n    %s\n    command: >\n      run $$A\n      ${B}\n"),
                ("stack.yml", 'services:\n  web:\n    %s\n    healthcheck: {test: ["CMD", "ready -U ${A}"]}\n    privileged: true\n'),
                ("common.yaml", "? services\n: web:\n    %s\n    labels: {? a : b}\n"),
                ("docker-compose.yml", 'services:\n  web:\n    %s\n    labels: ["a=\\x41", "is it? yes"]\n    dockerfile: "a\n      ${B}"\n'),
                ("compose.yaml", "services:\n  web: &web\n    %s\n  api: {<<: *web, build: {context: '${WHERE:-web}'}}\n"),
                ("compose.yaml", "%%YAML 1.1\n--- !!map\n!!str services:\n  web:\n    %s\n"),
            )
        )  # fmt: skip
        self.files[self.path(name)] = text % service
        self.files[self.path(self.pick("role.yaml", "board.json", "list.json"))] = self.pick(
            "{{- if .Values.a }}\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\nrules:\n"
            '  - {apiGroups: [""], resources: [services], verbs: ["*"]}\n{{- end }}\n',
            '{"panels": [{"target": {"one": {"context": "web", "tags": ["acme/base"]}}, "text": "\\u0041"}]}\n',
            '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"services": "\\u0062uild"}}\n',
            '{"target": {"one": {"context": "web", "tags": ["acme/base"]}}, "services": {"web": {"build": "\\u002e"}}}\n',
        )

    def other(self) -> None:
        self.files[self.path(self.pick("settings.yaml", "main.py", "values.prod.yaml", "package.json", "tsconfig.json"))] = self.pick(
            "name: settings\nsteps: [a]\n", "password: hunter2hunter2\n", '{"target": "es2015"}\n'
        )  # fmt: skip


def several(seed: int) -> dict[str, str]:
    """Repositories beside one another, in folders of one: less of it is joined."""
    trees = {f"part{number}": Maker(seed * 3 + number).tree() for number in range(3)}
    return {
        f"{part}/{path}": text
        for part, tree in trees.items()
        for path, text in tree.items()
        if not path.startswith(".github") and (seed % 3 or "skaffold" not in path)
    }


def write(folder: Path, seed: int) -> list[str]:
    """Write the repository of a seed below the folder; gives the paths of its files."""
    files = Maker(seed).tree()
    (folder / ".git").mkdir()
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return sorted(files)
