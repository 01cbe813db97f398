"""Repositories of overlays, charts and plain manifests, in which each file is written anew now and then."""

import random
from pathlib import Path

NAMES = ("api", "web", "db", "jobs")
SPACES = ("shop", "tools", "")
PLAIN = (
    "Deployment", "Deployment", "StatefulSet", "Service", "Service", "NetworkPolicy", "NetworkPolicy", "Namespace", "ServiceAccount",
    "RoleBinding", "Role", "ConfigMap", "Secret", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "LimitRange",
    "PersistentVolume", "Widget",
)  # fmt: skip


class Worlds:
    """One such repository, the same for the same numbers."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root = root
        self.chance = chance
        (root / ".git").mkdir(parents=True)
        for path in self.paths():
            if chance.random() < 0.8:
                self.write(path)

    @staticmethod
    def paths() -> list[str]:
        """The files that there may be."""
        found = [f"{folder}/{kind}.yaml" for folder in ("base", "plain", "plain/more") for kind in "abcde"]
        found += [f"overlays/{name}/{file}.yaml" for name in ("prod", "dev") for file in ("kustomization", "patch")]
        found += ["base/kustomization.yaml", "parts/kustomization.yaml", "base/app.env", "parts/patch.yaml"]
        found += [f"charts/web/{name}" for name in ("Chart.yaml", "values.yaml", "values-prod.yaml", "files/a.txt")]
        found += ["charts/web/templates/a.yaml", "charts/web/templates/_help.tpl", "charts/lib/Chart.yaml"]
        found += ["charts/web/crds/a.yaml", "charts/lib/templates/_lib.tpl", "web/Dockerfile", "web/compose.yaml"]
        return [*found, "skaffold.yaml", ".gitlab-ci.yml", "deploy/flux.yaml", "deploy.sh"]

    def pick(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def write(self, path: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(self.text(path))

    def text(self, path: str) -> str:
        """What may stand in a file."""
        name = path.rpartition("/")[2]
        if name == "kustomization.yaml":
            return self.kustomization(path)
        if path.startswith("charts/"):
            return self.of_chart(name)
        if name == "patch.yaml":
            return (
                f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {self.pick(*NAMES)}}}\nspec:\n  replicas: {self.pick('1', '2')}\n"
                f"  template: {{spec: {{hostNetwork: {self.pick('true', 'false')}}}}}\n"
            )
        if name == "flux.yaml":
            return self.pick("# none\n", "# none\n", self.flux(), self.application())
        others = {
            "app.env": f"A={self.pick('1', '2')}\n",
            "Dockerfile": f"FROM debian:13.1\n{self.pick('USER root', 'USER 1000', '')}\n",
            "compose.yaml": f"services:\n  a: {{build: ., image: 'acme/{self.pick(*NAMES)}:1'}}\n",
            "skaffold.yaml": f"apiVersion: skaffold/v4beta1\nkind: Config\nbuild: {{artifacts: [{{image: {self.pick(*NAMES)}, context: web}}]}}\n",
            ".gitlab-ci.yml": f"a: {{script: ['docker build -t acme/{self.pick(*NAMES)} web']}}\n",
            "deploy.sh": f"kustomize edit set image acme/{self.pick(*NAMES)}=acme/b:$TAG\n",
        }
        if name in others:
            return others[name]
        return "---\n".join(self.object(self.pick(*PLAIN)) for _ in range(self.chance.randint(1, 3)))

    def kustomization(self, path: str) -> str:
        if path.startswith("parts/"):
            return (
                f"apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: {self.pick('Component', 'Component', 'Component', 'Kustomization')}\n"
                f"patches: [{{path: patch.yaml, target: {{kind: Deployment}}}}]\n"
            )
        if path.startswith("base/"):
            files = [f"{kind}.yaml" for kind in "abcde" if self.chance.random() < 0.5]
            more = self.pick(
                "", "configMapGenerator: [{name: made, files: [app.env]}]\n", "resources: [../overlays/dev]\n"
            )
            own = f"resources: [{', '.join(files)}]\n" if not more.startswith("resources") else ""
            return own + more
        parts = self.pick("", "components: [../../parts]\n")
        patch = self.pick(
            "", "patches: [{path: patch.yaml, target: {kind: Deployment}}]\n", "patches: [{path: patch.yaml}]\n"
        )
        space = self.pick(
            "",
            "namespace: shop\n",
            f"namePrefix: {self.pick('x', 'y')}-\n",
            "images: [{name: acme/api, newTag: '2'}]\n",
        )
        return f"resources: [../../base]\n{parts}{patch}{space}"

    def of_chart(self, name: str) -> str:
        texts = {
            "Chart.yaml": f"apiVersion: v2\nname: {self.pick('web', 'lib')}\nversion: 1.0.0\n{self.pick('', 'dependencies: [{name: lib, version: 1.x.x}]')}\n",
            "a.txt": self.pick("one", "two"),
            "_help.tpl": f'{{{{- define "host" }}}}{self.pick("true", "false")}{{{{ end }}}}\n',
            "_lib.tpl": f'{{{{- define "lib" }}}}{self.pick("true", "false")}{{{{ end }}}}\n',
        }
        if name.startswith("values"):
            return f"privileged: {self.pick('true', 'false')}\nname: {self.pick(*NAMES)}\n"
        if name in texts:
            return texts[name]
        host = self.pick('{{ include "host" . }}', '{{ include "lib" . }}', "true")
        return (
            'apiVersion: v1\nkind: Pod\nmetadata: {name: "{{ .Values.name }}", labels: {a: "{{ .Files.Get "files/a.txt" }}"}}\nspec:\n'
            f"  hostPID: {host}\n"
            "  containers: [{name: c, image: 'acme/web:1', securityContext: {privileged: {{ .Values.privileged }}}}]\n"
        )

    def flux(self) -> str:
        return (
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: all, namespace: flux-system}\n"
            f"spec: {{path: ./{self.pick('overlays/prod', 'plain', 'base')}, sourceRef: {{kind: GitRepository, name: flux-system}}, targetNamespace: {self.pick('a', 'b')}}}\n"
        )

    def application(self) -> str:
        return (
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: all, namespace: argocd}\nspec:\n"
            f"  source: {{repoURL: 'https://git.example.com/a.git', path: {self.pick('charts/web', 'overlays/dev')}}}\n"
            f"  destination: {{namespace: {self.pick('a', 'b')}, server: 'https://kubernetes.default.svc'}}\n"
        )

    def object(self, kind: str) -> str:
        """An object of a kind."""
        name, other, space = self.pick(*NAMES), self.pick(*NAMES), self.pick(*SPACES)
        within = f"name: {name}" + (f", namespace: {space}" if space else "")
        if kind in ("Deployment", "StatefulSet"):
            return self.workload(kind, name, other, within)
        peer = self.pick(
            "{podSelector: {matchLabels: {app: " + other + "}}}",
            "{namespaceSelector: {}}",
            "{ipBlock: {cidr: 0.0.0.0/0}}",
        )
        head = {
            "NetworkPolicy": "networking.k8s.io/v1", "RoleBinding": "rbac.authorization.k8s.io/v1", "Role": "rbac.authorization.k8s.io/v1",
            "HorizontalPodAutoscaler": "autoscaling/v2", "PodDisruptionBudget": "policy/v1", "Ingress": "networking.k8s.io/v1", "Widget": "example.com/v1",
        }.get(kind, "v1")  # fmt: skip
        bodies = {
            "Service": f"spec: {{type: {self.pick('ClusterIP', 'LoadBalancer')}, selector: {{app: {other}}}, ports: [{{port: 80, targetPort: {self.pick('http', '8080')}}}]}}",
            "NetworkPolicy": f"spec: {{podSelector: {self.pick('{}', '{matchLabels: {app: ' + other + '}}')}, policyTypes: [{self.pick('Ingress', 'Ingress, Egress')}], ingress: [{{from: [{peer}]}}]}}",
            "RoleBinding": f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {other}}}\nsubjects: [{{kind: ServiceAccount, name: {self.pick(*NAMES)}}}]",
            "Role": f"rules: [{{apiGroups: [''], resources: [{self.pick('secrets', 'pods')}], verbs: ['{self.pick('*', 'get')}']}}]",
            "ConfigMap": f"data: {{URL: 'http://{other}:80/'}}",
            "Secret": "stringData: {password: hunter2hunter2}",
            "HorizontalPodAutoscaler": f"spec: {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {other}}}, minReplicas: 1, maxReplicas: {self.pick('1', '3')}}}",
            "PodDisruptionBudget": f"spec: {{minAvailable: 1, selector: {{matchLabels: {{app: {other}}}}}}}",
            "Ingress": f"spec: {{rules: [{{http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: {other}, port: {{number: 80}}}}}}}}]}}}}]}}",
            "LimitRange": "spec: {limits: [{type: Container, default: {memory: 1Gi}}]}",
            "ServiceAccount": f"automountServiceAccountToken: {self.pick('true', 'false')}",
            "PersistentVolume": f"spec: {{hostPath: {{path: {self.pick('/', '/data')}}}, claimRef: {{name: {other}, namespace: default}}}}",
        }
        labels = self.pick(
            "", f", labels: {{pod-security.kubernetes.io/enforce: {self.pick('restricted', 'privileged')}}}"
        )
        if kind == "Namespace":
            return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {space or 'default'}{labels}}}\n"
        return f"apiVersion: {head}\nkind: {kind}\nmetadata: {{{within}}}\n{bodies.get(kind, 'spec: {}')}\n"

    def workload(self, kind: str, name: str, other: str, within: str) -> str:
        more = self.pick("", f"serviceAccountName: {other}\n      ", "hostNetwork: true\n      ")
        volumes = self.pick("", f"volumes: [{{name: v, persistentVolumeClaim: {{claimName: {other}}}}}]\n      ")
        env = self.pick(
            "", f"envFrom: [{{configMapRef: {{name: {other}}}}}], ", f"env: [{{name: DB_PASSWORD, value: {other}}}, {{name: URL, value: 'http://{other}:80'}}], "
        )  # fmt: skip
        image = self.pick(f"acme/{other}:1", f"acme/{name}", "postgres:16", "web")
        return (
            f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{{within}}}\nspec:\n  replicas: {self.pick('1', '2')}\n  selector: {{matchLabels: {{app: {name}}}}}\n"
            f"  template:\n    metadata: {{labels: {{app: {self.pick(name, name, other)}}}}}\n    spec:\n      {more}{volumes}"
            f"containers: [{{name: c, {env}image: '{image}', ports: [{{containerPort: 8080, name: http}}], securityContext: {{privileged: {self.pick('true', 'false')}}}}}]\n"
        )

    def edit(self) -> dict[str, bytes]:
        """One edit on disk, or one that isn't saved."""
        path = self.pick(*self.paths())
        file = self.root / path
        how = self.pick("write", "write", "write", "unsaved", "unsaved", "comment", "comment", "delete")
        if how == "unsaved":
            return {path: self.text(path).encode()}
        if how == "delete":
            file.unlink(missing_ok=True)
        elif how == "comment" and file.exists():
            text = file.read_text()
            file.write_text(self.pick("# more\n" + text, text + "# more\n"))
        else:
            self.write(path)
        return {}
