"""How fast overlays and charts are rendered next to kubectl and helm: `python benchmarks/show.py`.

The programs are taken from KUBECTL and HELM, or from where `scripts/oracles.sh` puts them. As everywhere here, what
counts are the ratios.
"""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from one_file import HULLCHECK
from run import Timing, measure, table

SHOW = (*HULLCHECK, "show", "--output-format", "json", "--no-cache")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hullcheck-oracles"
KUBECTL = os.environ.get("KUBECTL") or str(CACHE / "kubectl")
HELM = os.environ.get("HELM") or str(CACHE / "helm")
OVERLAYS = 200

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.0.0
          ports: [{containerPort: 8080}]
          envFrom: [{configMapRef: {name: settings}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""

OVERLAY = """\
namespace: team-{n}
namePrefix: t{n}-
resources: [../../base]
images: [{{name: registry.example.com/web, newTag: 1.{n}.0}}]
configMapGenerator: [{{name: settings, literals: [TEAM={n}]}}]
patches:
  - target: {{kind: Deployment}}
    patch: |
      - op: replace
        path: /spec/replicas
        value: {replicas}
"""

TEMPLATE = """\
{{- range $i := until (int .Values.services) }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "shop.name" $ }}-{{ $i }}
  labels: {{- include "shop.labels" $ | nindent 4 }}
spec:
  selector: {app: {{ $.Values.app | quote }}}
  ports: {{- toYaml $.Values.ports | nindent 4 }}
{{- end }}
"""

HELPERS = """\
{{- define "shop.name" -}}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}{{- end }}
{{- define "shop.labels" -}}
app: {{ .Values.app }}
chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}
"""


def write(folder: Path) -> None:
    """Write a base with many overlays, and a chart."""
    files = {
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "base/web.yaml": DEPLOYMENT,
        "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
        "chart/values.yaml": "services: 20\napp: shop\nports: [{name: http, port: 80, targetPort: 8080}]\n",
        "chart/templates/services.yaml": TEMPLATE,
        "chart/templates/_helpers.tpl": HELPERS,
    }
    for n in range(OVERLAYS):
        files[f"overlays/o{n}/kustomization.yaml"] = OVERLAY.format(n=n, replicas=n % 5 + 1)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / ".git").mkdir()


def one_by_one(folder: Path) -> Timing:
    """kubectl, once for each overlay."""
    if not os.access(KUBECTL, os.X_OK):
        return Timing("kubectl kustomize, 200 calls", ())
    start = time.perf_counter()
    for n in range(OVERLAYS):
        subprocess.run((KUBECTL, "kustomize", f"overlays/o{n}"), cwd=folder, capture_output=True, check=True)
    return Timing("kubectl kustomize, 200 calls", (time.perf_counter() - start,))


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder)
        overlay = [
            measure("hullcheck", (*SHOW, "overlays/o7"), 9, folder),
            measure("kubectl kustomize", (KUBECTL, "kustomize", "overlays/o7"), 9, folder),
        ]
        chart = [
            measure("hullcheck", (*SHOW, "chart"), 9, folder),
            measure("helm template", (HELM, "template", "release-name", "chart"), 9, folder),
        ]
        every = [measure("hullcheck", (*SHOW, "overlays"), 3, folder), one_by_one(folder)]
    for title, timings in (("One overlay", overlay), ("One chart", chart), (f"{OVERLAYS} overlays", every)):
        print("\n".join(table(title, timings)))


if __name__ == "__main__":
    main()
