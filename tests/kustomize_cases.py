"""Small overlays, each for one thing that kustomize does: a name, and the files of a folder.

`OVERLAYS` build; `REFUSED` don't. The root is the folder `.` unless a case has one called `top`.
"""

from pathlib import Path

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      serviceAccountName: runner
      containers:
      - name: web
        image: nginx:1.25
        env:
        - {name: A, value: "1"}
        - {name: B, valueFrom: {configMapKeyRef: {name: settings, key: b}}}
        ports:
        - {containerPort: 80, protocol: TCP}
        - {containerPort: 80, protocol: UDP}
        volumeMounts:
        - {name: data, mountPath: /data}
      - name: sidecar
        image: registry.example:5000/side/car@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      volumes:
      - {name: data, hostPath: {path: /srv}}
      - {name: config, configMap: {name: settings}}
      - {name: keys, secret: {secretName: keys}}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - {port: 80, targetPort: 8080}
  - {port: 53, protocol: UDP}
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {b: two}
"""
RBAC = """\
apiVersion: v1
kind: ServiceAccount
metadata: {name: runner}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules:
- {apiGroups: [""], resources: [secrets], resourceNames: [keys, other], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: runner}
- {kind: ServiceAccount, name: default}
- {kind: User, name: someone}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: sees}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects:
- {kind: ServiceAccount, name: runner, namespace: default}
"""
OTHERS = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all}
spec:
  podSelector: {}
  ingress:
  - from:
    - podSelector: {matchLabels: {app: web}}
    - namespaceSelector: {matchLabels: {team: a}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: door
  annotations: {nginx.ingress.kubernetes.io/auth-secret: keys}
spec:
  tls: [{hosts: [shop.example], secretName: keys}]
  rules:
  - host: shop.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 1, maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {template: {spec: {containers: [{name: job, image: busybox}], restartPolicy: Never}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: web
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: postgres}]}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce]}}]
---
apiVersion: example.org/v1
kind: Rollout
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: nginx:1.25}]}}, config: settings}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rollouts.example.org}
spec: {group: example.org, names: {kind: Rollout, plural: rollouts}, scope: Namespaced, versions: []}
"""
ALL = {"web.yaml": WEB, "service.yaml": SERVICE, "settings.yaml": SETTINGS, "rbac.yaml": RBAC, "others.yaml": OTHERS}
LIST = "resources: [web.yaml, service.yaml, settings.yaml, rbac.yaml, others.yaml]\n"
KEYS = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {a: b}\n"


def _patched(patches: str, files: dict[str, str] | None = None) -> dict[str, str]:
    return {**ALL, "kustomization.yaml": LIST + patches, **(files or {})}


def _web_patch(body: str, *, target: bool = False) -> dict[str, str]:
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    entry = "patches:\n- path: patch.yaml\n" + ("  target: {kind: Deployment}\n" if target else "")
    return _patched(entry, {"patch.yaml": head + body})


def _operations(body: str, target: str = "{kind: Deployment, name: web}") -> dict[str, str]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return _patched(f"patches:\n- target: {target}\n  patch: |-\n{lines}")


POD = "spec: {template: {spec: {containers: %s}}}\n"

OVERLAYS: dict[str, dict[str, str]] = {
    "nothing": _patched(""),
    "fifo": _patched("sortOptions: {order: fifo}\n"),
    "own-order": _patched(
        "sortOptions: {order: legacy, legacySortOptions: {orderFirst: [Service, Role], orderLast: [Namespace]}}\n"
    ),
    "case": {**ALL, "kustomization.yaml": LIST.replace("resources", "Resources") + "NAMEPREFIX: x-\n"},
    "twice": {**ALL, "kustomization.yaml": "resources: [web.yaml]\n" + LIST},
    "prefix-suffix": _patched("namePrefix: p-\nnameSuffix: -s\n"),
    "namespace": _patched("namespace: elsewhere\n"),
    "namespace-follows": {
        "top/kustomization.yaml": "namespace: up\nresources: [../base]\n",
        "base/kustomization.yaml": "namespace: low\nnamePrefix: p-\nresources: [rbac.yaml]\n",
        "base/rbac.yaml": RBAC,
    },
    "labels": _patched("labels:\n- pairs: {team: a, app: b}\n"),
    "labels-templates": _patched("labels:\n- pairs: {team: a}\n  includeTemplates: true\n"),
    "labels-selectors": _patched("labels:\n- pairs: {team: a}\n  includeSelectors: true\n"),
    "labels-fields": _patched(
        "labels:\n- pairs: {team: a}\n  fields: [{path: spec/template/spec/nodeSelector, kind: Deployment, create: true}]\n"
    ),
    "common": _patched('commonLabels: {team: "1", app: c}\ncommonAnnotations: {note: "true", other: x}\n'),
    "images": _patched(
        "images:\n- {name: nginx, newName: registry.example/nginx}\n- {name: registry.example/nginx, newTag: '1.27'}\n"
        "- {name: registry.example:5000/side/car, newTag: v2}\n- {name: busybox, digest: 'sha256:00'}\n"
        "- {name: postgres, newTag: '16', digest: 'sha256:11'}\n- {name: nothing, newTag: x}\n"
    ),
    "images-pattern": _patched("images:\n- {name: 'ng.nx|post.*', newTag: x}\n- {name: 'busy(box|bee)', newTag: z}\n"),
    "images-suffix": _patched("images:\n- {name: nginx, tagSuffix: -alpine}\n- {name: busybox, tagSuffix: -x}\n"),
    "image-volume": _patched(
        "images: [{name: data/set, newTag: v9}]\n",
        {"web.yaml": WEB.replace("hostPath: {path: /srv}", "image: {reference: 'data/set:v1'}")},
    ),
    "replicas": _patched("replicas:\n- {name: web, count: 5}\n- {name: db, count: 0}\n"),
    "merge": _web_patch("spec:\n  replicas: 3\n  template:\n    spec:\n      hostNetwork: true\n"),
    "merge-by-key": _web_patch(
        POD % "[{name: new, image: x}, {name: web, image: y, env: [{name: C, value: c}, {name: A, value: 9}]}]"
    ),
    "merge-ports": _web_patch(POD % "[{name: web, ports: [{containerPort: 80, hostPort: 8080}, {containerPort: 90}]}]"),
    "merge-ports-protocol": _web_patch(
        POD % "[{name: web, ports: [{containerPort: 80, protocol: UDP, hostPort: 8080}, {containerPort: 90}]}]"
    ),
    "merge-volume-source": _web_patch("spec: {template: {spec: {volumes: [{name: data, emptyDir: {}}]}}}\n"),
    "merge-volume-null": _web_patch(
        "spec: {template: {spec: {volumes: [{name: data, hostPath: null, emptyDir: {}}]}}}\n"
    ),
    "merge-null": _web_patch("spec: {selector: null, template: {metadata: null}}\n"),
    "merge-delete-element": _web_patch(POD % "[{name: sidecar, $patch: delete}]"),
    "merge-delete-object": _web_patch("$patch: delete\n"),
    "merge-delete-mapping": _web_patch("spec: {selector: {$patch: delete}}\n"),
    "merge-replace-mapping": _web_patch("spec: {selector: {$patch: replace, other: 1}}\n"),
    "merge-replace-list": _web_patch(POD % "[{$patch: replace}, {name: only, image: z}]"),
    "merge-replace-element": _web_patch(POD % "[{name: web, $patch: replace, image: z}]"),
    "merge-empty-list": _web_patch(POD % "[]"),
    "merge-null-list": _web_patch(POD % "null"),
    "merge-without-key": _web_patch(POD % "[{image: foo}]"),
    "merge-plain-list": _web_patch(POD % "[{name: web, args: [a, b], command: null}]"),
    "merge-labels-null": _web_patch(
        "metadata: {name: web, labels: {app: null}}\n".replace("metadata: ", "spec: {}\n#")
    ),
    "merge-with-target": _web_patch(
        "metadata: {name: x, labels: {a: null, b: c}}\n".replace("metadata", "x"), target=True
    ),
    "merge-custom-kind": _patched(
        "patches:\n- target: {kind: Rollout}\n  patch: |-\n    apiVersion: example.org/v1\n    kind: Rollout\n"
        "    metadata: {name: x}\n    spec: {template: {spec: {containers: [{name: web, tty: true}]}}}\n"
    ),
    "merge-service-ports": _patched(
        "patches:\n- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: web}\n"
        "    spec: {ports: [{port: 80, name: http}, {port: 53, protocol: TCP}]}\n"
    ),
    "merge-finalizers": _patched(
        "patches:\n- patch: |-\n    apiVersion: v1\n    kind: Service\n    metadata: {name: web, finalizers: [b, a]}\n",
        {"service.yaml": SERVICE.replace("{name: web}", "{name: web, finalizers: [a, c]}")},
    ),
    "merge-many-documents": _patched(
        "patches: [{path: patch.yaml}]\n",
        {
            "patch.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort}\n---\n"
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {c: d}\n"
        },
    ),
    "merge-rename": _patched(
        "patches:\n- options: {allowNameChange: true, allowKindChange: true}\n  target: {kind: Deployment, name: web}\n"
        "  patch: |-\n    apiVersion: apps/v1\n    kind: DaemonSet\n    metadata: {name: other}\n    spec: {replicas: null}\n"
    ),
    "legacy-merge": _patched(
        "patchesStrategicMerge:\n- patch.yaml\n- |-\n  apiVersion: v1\n  kind: Service\n  metadata: {name: web}\n"
        "  spec: {type: LoadBalancer}\n",
        {
            "patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: null, x: y}}\n"
            "spec: {replicas: 2}\n"
        },
    ),
    "legacy-json": _patched(
        "namePrefix: p-\npatchesJson6902:\n- target: {version: v1, kind: Service, name: p-web}\n"
        "  path: ops.json\n- target: {group: apps, version: v1, kind: Deployment, name: web}\n"
        '  patch: \'[{"op": "add", "path": "/spec/paused", "value": true}]\'\n',
        {"ops.json": '[{"op": "replace", "path": "/spec/ports/0/port", "value": 81}]'},
    ),
    "targets": _patched(
        "patches:\n- target: {labelSelector: 'app=web,tier!=x,!none'}\n  patch: |-\n"
        "    - {op: add, path: /metadata/labels/hit, value: 'yes'}\n"
        "- target: {kind: 'Deployment|Service', name: 'w.*'}\n  patch: |-\n"
        "    - {op: add, path: /metadata/annotations, value: {a: b}}\n"
        "- target: {annotationSelector: a in (b)}\n  patch: |-\n    - {op: add, path: /metadata/annotations/c, value: d}\n"
        "- target: {namespace: shop}\n  patch: |-\n    - {op: remove, path: /data/b}\n"
        "- target: {kind: Nothing}\n  patch: |-\n    - {op: remove, path: /data/b}\n"
    ),
    "operations": _operations(
        "- {op: add, path: /spec/template/spec/containers/0, value: {name: first, image: i}}\n"
        "- {op: add, path: /spec/template/spec/containers/-, value: {name: last, image: i}}\n"
        "- {op: replace, path: /spec/template/spec/containers/-1/image, value: j}\n"
        "- {op: remove, path: /spec/template/spec/containers/1/env/0}\n"
        "- {op: move, from: /spec/template/spec/volumes/0, path: /spec/template/spec/volumes/-}\n"
        "- {op: copy, from: /metadata/labels, path: /metadata/annotations}\n"
        "- {op: test, path: /metadata/name, value: web}\n"
        "- {op: add, path: /metadata/annotations/a~1b~0c, value: yes}\n"
        "- {op: replace, path: /spec/replicas, value: 3}\n"
    ),
    "operations-rename": _operations(
        "- {op: replace, path: /metadata/name, value: other}\n", "{name: web, kind: Service}"
    ),
    "generators": _patched(
        "generatorOptions: {labels: {made: here}, annotations: {b: c}}\n"
        "configMapGenerator:\n- name: generated\n  literals: [a=b, \"c='d e'\", 'e=\"f\"', g=h=i, empty=]\n"
        "- {name: plain, options: {disableNameSuffixHash: true, immutable: true, labels: {made: there}}, literals: [a=b]}\n"
        "- {name: files, files: [notes.txt, renamed=notes.txt], envs: [some.env]}\n"
        "secretGenerator:\n- {name: keys, literals: [token=abc], type: example.org/kind}\n"
        "- {name: long, files: [notes.txt]}\n",
        {"notes.txt": "line <one> & two\n" * 20, "some.env": "# comment\n\nA=1\n  B=two words \nC\n"},
    ),
    "generators-merge": {
        "top/kustomization.yaml": "resources: [../base]\nnamePrefix: t-\nconfigMapGenerator:\n"
        "- {name: settings, behavior: merge, literals: [b=new, c=d]}\n"
        "- {name: whole, behavior: replace, literals: [only=this]}\n",
        "base/kustomization.yaml": "resources: [web.yaml]\nnamePrefix: b-\nconfigMapGenerator:\n"
        "- {name: settings, literals: [a=1, b=2]}\n- {name: whole, literals: [x=y]}\n",
        "base/web.yaml": WEB,
    },
    "generator-follows": _patched(
        "configMapGenerator: [{name: settings, literals: [b=x]}]\nsecretGenerator: [{name: keys, literals: [a=b]}]\n",
        {"settings.yaml": SETTINGS.replace("settings", "unrelated")},
    ),
    "replacements": _patched(
        "replacements:\n- source: {kind: ConfigMap, name: settings, fieldPath: data.b}\n  targets:\n"
        "  - select: {kind: Deployment}\n    fieldPaths:\n    - spec.template.spec.containers.[name=web].env.[name=A].value\n"
        "    - metadata.annotations.[example.org/copied]\n    options: {create: true}\n"
        "  - select: {kind: Ingress}\n    fieldPaths: [spec.rules.*.host, spec.tls.0.hosts.0]\n"
        "    options: {delimiter: ., index: 0}\n"
        "- source: {kind: Deployment, name: web, fieldPath: spec.template.spec.containers.0.image,"
        " options: {delimiter: ':', index: 1}}\n"
        "  targets:\n  - select: {name: web}\n    reject: [{kind: Service}, {kind: HorizontalPodAutoscaler}]\n"
        "    fieldPaths: [metadata.labels.version]\n    options: {create: true}\n"
        "- sourceValue: given\n  targets: [{select: {kind: Service}, fieldPaths: [spec.type],"
        " options: {create: true}}]\n"
        "- path: more.yaml\n",
        {
            "more.yaml": "source: {kind: Service, name: web}\ntargets:\n- select: {kind: StatefulSet}\n"
            "  fieldPaths: [spec.serviceName]\n  options: {delimiter: '-', index: 5}\n"
        },
    ),
    "replacement-mapping": _patched(
        "replacements:\n- source: {kind: Deployment, name: web, fieldPath: spec.selector.matchLabels}\n  targets:\n"
        "  - select: {kind: Service}\n    fieldPaths: [spec.selector]\n"
    ),
    "replacement-in-json": _patched(
        "replacements:\n- sourceValue: new\n  targets:\n  - select: {kind: ConfigMap}\n    fieldPaths: [data.json.a.b]\n",
        {"settings.yaml": SETTINGS.replace("b: two", 'b: two, json: \'{"a": {"b": "old", "c": 1}}\'')},
    ),
    "vars": {
        **ALL,
        "kustomization.yaml": LIST
        + "namePrefix: v-\nvars:\n- {name: SERVICE, objref: {kind: Service, name: web, apiVersion: v1}}\n"
        "- name: PORT\n  objref: {kind: Service, name: web, apiVersion: v1}\n  fieldref: {fieldpath: 'spec.ports[0].port'}\n",
        "web.yaml": WEB.replace('value: "1"', 'value: "http://$(SERVICE):$(PORT)/$$(X)/$(OTHER)"').replace(
            "name: web\n        image", "name: web\n        args: [$(PORT), --to=$(SERVICE)]\n        image"
        ),
    },
    "components": {
        "top/kustomization.yaml": "resources: [../base]\ncomponents: [../one, ../two]\nnamePrefix: t-\n"
        "images: [{name: nginx, newTag: top}]\n",
        "base/kustomization.yaml": "resources: [web.yaml]\nnamePrefix: b-\n",
        "base/web.yaml": WEB,
        "one/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        "namePrefix: c-\nresources: [service.yaml]\nimages: [{name: nginx, newTag: one}]\n"
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n"
        "    spec: {replicas: 4}\n",
        "one/service.yaml": SERVICE,
        "two/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
        "patches:\n- target: {kind: Service}\n  patch: |-\n    - {op: add, path: /spec/type, value: NodePort}\n",
    },
    "base-twice": {
        "top/kustomization.yaml": "resources: [../a, ../b]\n",
        "a/kustomization.yaml": "resources: [../base]\nnamePrefix: a-\n",
        "b/kustomization.yaml": "resources: [../base]\nnamespace: b\n",
        "base/kustomization.yaml": "resources: [web.yaml, rbac.yaml]\nconfigMapGenerator: [{name: settings, literals: [b=1]}]\n",
        "base/web.yaml": WEB,
        "base/rbac.yaml": RBAC,
    },
    "configurations": _patched(
        "namePrefix: p-\nconfigurations: [more.yaml]\nimages: [{name: settings, newTag: v3}]\ncommonLabels: {x: z}\n",
        {
            "more.yaml": "nameReference:\n- kind: ConfigMap\n  version: v1\n  fieldSpecs: [{path: spec/config, kind: Rollout}]\n"
            "images: [{path: spec/config, kind: Rollout}]\ncommonLabels: [{path: spec/extra, kind: Rollout, create: true}]\n",
        },
    ),
    "transformers": _patched(
        "transformers:\n- |-\n  apiVersion: builtin\n  kind: NamespaceTransformer\n  metadata: {name: n, namespace: set}\n"
        "  setRoleBindingSubjects: allServiceAccounts\n  unsetOnly: true\n"
        "- labels.yaml\n",
        {
            "labels.yaml": "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: l}\nlabels: {a: b}\n"
            "fieldSpecs: [{path: metadata/labels, create: true}]\n---\n"
            "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: q-\n"
            "fieldSpecs: [{path: metadata/name}]\n---\n"
            "apiVersion: builtin\nkind: ReplicaCountTransformer\nmetadata: {name: r}\nreplica: {name: web, count: 7}\n"
            "fieldSpecs: [{path: spec/replicas, create: true, kind: Deployment}]\n---\n"
            "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: i}\nimageTag: {name: nginx, newTag: t}\n"
            "---\napiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\n"
            'patch: \'[{"op": "add", "path": "/spec/paused", "value": true}]\'\ntarget: {kind: Deployment}\n',
        },
    ),
    "generator-plugins": _patched(
        "generators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: made}\n  literals: [a=b]\n"
    ),
    "lists": {
        "kustomization.yaml": "resources: [list.yaml, one.json]\nnamespace: ns\n",
        "list.yaml": "apiVersion: v1\nkind: List\nitems:\n"
        "- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
        "- {apiVersion: v1, kind: ConfigMapList, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]}\n"
        "---\n# nothing\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
        "one.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "d"}, "data": {"k": "\\u00e4"}}\n'
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "lost"}}',
    },
    "anchors": {
        "kustomization.yaml": "resources: [a.yaml]\nnamePrefix: p-\n",
        "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: &l {x: y}, annotations: *l}\n"
        "data: &d {a: b, c: d}\nother: {<<: *d, c: e}\n",
    },
    "local-config": {
        "kustomization.yaml": "resources: [a.yaml]\n",
        "a.yaml": "\n---\n".join(
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, annotations: {{config.kubernetes.io/local-config: {value}}}}}"
            for name, value in (("a", '"true"'), ("b", '"false"'), ("c", "anything"))
        ),
    },
    "scalars": {
        "kustomization.yaml": "resources: [a.yaml]\nnamePrefix: p-\n",
        "a.yaml": "apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: '1', annotations: {a: 1, b: true, c: ~}}\n"
        "v: [yes, on, y, 010, 0o17, 0x1F, 1_000, 1e3, .5, 2001-01-01, 2001-01-01T10:00:00Z, ~, null, !!str 5, 1:30,\n"
        "  12345678901234567890, +1, -0, 0b11, '7', \"8\", 1.10, =, 08, 1.e2, '', 0777, '0x1', 1_0.5]\n"
        "f: >\n  folded\n  text\n\n    deeper\n  end\nl: |+\n  kept\n\n",
    },
    "empty-annotations": {
        "kustomization.yaml": "resources: [a.yaml]\n",
        "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {}, labels: {}}\ndata: null\n",
    },
    "empty-null-and-patch": {
        "kustomization.yaml": "resources: [a.yaml]\npatches:\n- patch: |-\n    apiVersion: v1\n    kind: Pod\n"
        "    metadata: {name: a}\n    spec: {hostPID: true}\n",
        "a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  a:\n  b: null\n  c: ~\n  containers:\n"
        "  - {name: x, env: [{name: A, value: '1'}, {name: A, value: '2'}, {name: B}]}\n  volumes:\n",
    },
    "old-fields": {
        "top/kustomization.yaml": "bases: [../base]\nimageTags: [{name: nginx, newTag: old}]\n"
        "configMapGenerator: [{name: made, env: a.env}]\n",
        "top/a.env": "A=b\n",
        "base/Kustomization": "resources: [web.yaml]\n",
        "base/web.yaml": WEB,
    },
    "built-before": {
        "kustomization.yaml": "resources: [a.yaml]\nnamePrefix: p-\n",
        "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: new\n  annotations:\n"
        + "".join(
            f"    internal.config.kubernetes.io/{line}\n"
            for line in (
                "previousNames: 'older,old'",
                "previousNamespaces: 'default,default'",
                "previousKinds: 'ConfigMap,ConfigMap'",
                "prefixes: q-",
                "needsHashSuffix: enabled",
                "refBy: x",
                "own: stays",
            )
        )
        + "    config.kubernetes.io/path: a\n    config.kubernetes.io/origin: b\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
        "spec: {volumes: [{name: a, configMap: {name: older}}, {name: b, configMap: {name: new}}]}\n",
    },
    "openshift-like": {
        "kustomization.yaml": "resources: [a.yaml]\nnamespace: ns\nnamePrefix: p-\n",
        "a.yaml": "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: hook}\n"
        "webhooks: [{name: a.example.org, clientConfig: {service: {name: svc, namespace: system, path: /x}}}]\n---\n"
        "apiVersion: v1\nkind: Service\nmetadata: {name: svc, namespace: system}\n---\n"
        "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.example.org}\nspec: {group: example.org}\n",
    },
}

SCHEMA = """\
definitions:
  org.example.Rollout:
    type: object
    x-kubernetes-group-version-kind: [{group: example.org, version: v1, kind: Rollout}]
    properties:
      spec: {$ref: "#/definitions/org.example.Spec"}
  org.example.Spec:
    properties:
      template:
        properties:
          spec:
            properties:
              containers:
                type: array
                items: {$ref: "#/definitions/org.example.Container"}
                x-kubernetes-patch-strategy: merge
                x-kubernetes-patch-merge-key: name
  org.example.Container:
    properties:
      env: {type: array, x-kubernetes-patch-strategy: merge, x-kubernetes-list-map-keys: [name], items: {type: object}}
      args: {type: array, items: {type: string}}
"""
_ROLLOUT = (
    "patches:\n- patch: |-\n    apiVersion: example.org/v1\n    kind: Rollout\n    metadata: {name: web}\n"
    "    spec: {template: {spec: {containers: [{name: web, args: [a], env: [{name: A, value: b}]}]}}}\n"
)
OVERLAYS["openapi"] = _patched(_ROLLOUT + "openapi: {path: schema.yaml}\n", {"schema.yaml": SCHEMA})
OVERLAYS["openapi-hides-its-own"] = _patched(
    "openapi: {path: schema.yaml}\npatches:\n- path: patch.yaml\n",
    {
        "schema.yaml": SCHEMA,
        "patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        + POD % "[{name: web, tty: true}]",
    },
)
OVERLAYS["managed-by"] = _patched("buildMetadata: [managedByLabel]\n")
OVERLAYS["origins"] = {
    "top/kustomization.yaml": "resources: [../base]\nbuildMetadata: [originAnnotations, transformerAnnotations]\n"
    "namePrefix: t-\nnamespace: there\nlabels: [{pairs: {a: b}}]\nimages: [{name: nginx, newTag: x}]\n"
    "configMapGenerator: [{name: settings, behavior: merge, literals: [c=d]}]\n"
    "patches:\n- target: {kind: Deployment}\n  patch: |-\n    - {op: add, path: /spec/paused, value: true}\n",
    "base/kustomization.yaml": "resources: [web.yaml]\nnameSuffix: -b\nconfigMapGenerator: [{name: settings, literals: [a=b]}]\n",
    "base/web.yaml": WEB,
}

REFUSED: dict[str, dict[str, str]] = {
    "empty": {"kustomization.yaml": "kind: Kustomization\n"},
    "unknown-field": _patched("foo: bar\n"),
    "two-kustomizations": {**_patched(""), "kustomization.yml": LIST},
    "wrong-version": _patched("apiVersion: kustomize.config.k8s.io/v1\n"),
    "boolean-namespace": _patched("namespace: n\n"),
    "number-tag": _patched("images: [{name: nginx, newTag: 1.10}]\n"),
    "same-object-twice": {**ALL, "kustomization.yaml": "resources: [web.yaml, copy.yaml]\n", "copy.yaml": WEB},
    "duplicate-key": _patched("", {"settings.yaml": SETTINGS + "data: {}\n"}),
    "no-kind": _patched("", {"settings.yaml": "metadata: {name: a}\n"}),
    "no-name": _patched("", {"settings.yaml": "apiVersion: v1\nkind: ConfigMap\n"}),
    "broken-document": _patched("", {"settings.yaml": SETTINGS + "---\na: [\n"}),
    "patch-without-target": _patched(
        "patches:\n- patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: nobody}\n"
    ),
    "patch-sees-no-prefix": {
        **ALL,
        "kustomization.yaml": LIST + "namePrefix: p-\npatches:\n- patch: |-\n    apiVersion: v1\n    kind: Service\n"
        "    metadata: {name: p-web}\n",
    },
    "operations-without-target": _patched("patches:\n- patch: |-\n    - {op: remove, path: /spec}\n"),
    "operations-missing": _operations("- {op: remove, path: /spec/nothing}\n"),
    "operations-no-parent": _operations("- {op: add, path: /spec/a/b, value: 1}\n"),
    "operations-test-fails": _operations("- {op: test, path: /metadata/name, value: other}\n"),
    "operations-flow": _patched("patches:\n- target: {kind: Deployment}\n  patch: '[{op: remove, path: /spec}]'\n"),
    "two-patches-one-target": _patched(
        "patches:\n- target: {kind: Deployment}\n  patch: |-\n    apiVersion: v1\n    kind: A\n    metadata: {name: a}\n"
        "    ---\n    apiVersion: v1\n    kind: A\n    metadata: {name: b}\n"
    ),
    "unknown-directive": _web_patch("spec: {$patch: other}\n"),
    "path-with-wildcard": _patched(
        "namePrefix: p-\nconfigurations: [c.yaml]\n",
        {"c.yaml": "namePrefix: [{path: 'metadata/labels/*', kind: Deployment}]\n"},
    ),
    "replicas-of-nothing": _patched("replicas: [{name: nobody, count: 1}]\n"),
    "replicas-of-daemonset": _patched(
        "replicas: [{name: web, count: 1}]\n", {"web.yaml": WEB.replace("kind: Deployment", "kind: DaemonSet")}
    ),
    "namespace-conflict": {
        "kustomization.yaml": "namespace: ns\nresources: [a.yaml]\n",
        "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: y}\n",
    },
    "generator-exists": _patched("configMapGenerator: [{name: settings, namespace: shop, literals: [a=b]}]\n"),
    "generator-merge-nothing": _patched("configMapGenerator: [{name: none, behavior: merge, literals: [a=b]}]\n"),
    "generator-literal": _patched("configMapGenerator: [{name: a, literals: [ab]}]\n"),
    "generator-key-twice": _patched("configMapGenerator: [{name: a, literals: [a=b, a=c]}]\n"),
    "replacement-source": _patched(
        "replacements:\n- source: {kind: Nothing}\n  targets: [{select: {kind: Service}}]\n"
    ),
    "replacement-path": _patched(
        "replacements:\n- sourceValue: x\n  targets: [{select: {kind: Service}, fieldPaths: [spec.nothing]}]\n"
    ),
    "component-as-base": {
        "top/kustomization.yaml": "resources: [../one]\n",
        "one/kustomization.yaml": "kind: Component\nnamePrefix: a-\n",
    },
    "base-as-component": {
        "top/kustomization.yaml": "components: [../one]\n",
        "one/kustomization.yaml": "namePrefix: a-\n",
    },
    "cycle": {
        "top/kustomization.yaml": "resources: [../one]\n",
        "one/kustomization.yaml": "resources: [../top]\n",
    },
    "own-folder": {"top/kustomization.yaml": "resources: [.]\n"},
    "parent": {"kustomization.yaml": "resources: [top]\n", "top/kustomization.yaml": "resources: [..]\n"},
    "file-outside": {"top/kustomization.yaml": "resources: [../web.yaml]\n", "web.yaml": WEB},
    "variable-of-nothing": _patched("vars: [{name: X, objref: {kind: Service, name: none, apiVersion: v1}}]\n"),
}


def root_of(files: dict[str, str]) -> str:
    """The folder to build."""
    return "top" if any(path.startswith("top/") for path in files) and "kustomization.yaml" not in files else ""


def write(folder: Path, files: dict[str, str]) -> None:
    """Put the files of a case into a folder."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
