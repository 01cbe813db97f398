"""Examples of what checks find, each told apart from others of the same check: for the table of other tools' rules."""

from typing import NamedTuple


class Fact(NamedTuple):
    """A file, and what is told of one thing in it: the check, and the evidence of the part in question."""

    path: str
    text: str
    check: str
    evidence: tuple[str, ...]


def pod(container: str = "", spec: str = "", kind: str = "Pod") -> str:
    return (
        f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: web, namespace: shop}}\nspec:\n{spec}  containers:\n"
        f"    - name: web\n      image: acme/web:1.2.3\n{container}"
    )


def service(more: str) -> str:
    return f"services:\n  web:\n    image: acme/web:1.2.3\n{more}"


def run(command: str) -> str:
    return f"FROM debian:13.1\nRUN {command}\nUSER 10001\n"


def role(kind: str, groups: str, resources: str, verbs: str, names: str = "") -> str:
    space = "" if kind == "ClusterRole" else ", namespace: shop"
    more = f"    resourceNames: [{names}]\n" if names else ""
    binding = (
        f"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}Binding\nmetadata: {{name: it{space}}}\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: it}}\n"
        "subjects: [{kind: ServiceAccount, name: web, namespace: shop}]\n"
    )
    return (
        f"apiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata: {{name: it{space}}}\nrules:\n"
        f"  - apiGroups: [{groups}]\n    resources: [{resources}]\n    verbs: [{verbs}]\n{more}{binding}"
    )


def _capability(name: str) -> dict[str, Fact]:
    drops = "      securityContext: {{capabilities: {{drop: [ALL], add: [{}]}}}}\n"
    found = {f"k8s {name}": Fact("pod.yaml", pod(drops.format(name)), "dangerous-capability", (name,))}
    if name != "NET_RAW":  # Docker gives it to all
        text = service(f"    cap_drop: [ALL]\n    cap_add: [{name}]\n")
        found[f"compose {name}"] = Fact("compose.yaml", text, "dangerous-capability", (name,))
    return found


def _mount(path: str, check: str) -> dict[str, Fact]:
    mode = ", readOnly: true" if check == "sensitive-mount-read" else ""
    container = f"      volumeMounts: [{{name: x, mountPath: /x{mode}}}]\n"
    volumes = f"  volumes: [{{name: x, hostPath: {{path: {path}}}}}]\n"
    short = {"sensitive-mount-read": "read ", "sensitive-mount-write": "write ", "host-path": "path "}.get(check, "")
    return {
        f"k8s {short}{path}": Fact("pod.yaml", pod(container, volumes), check, (path,)),
        f"compose {short}{path}": Fact(
            "compose.yaml", service(f"    volumes: ['{path}:/x{':ro' if mode else ''}']\n"), check, (path,)
        ),
    }


CAPABILITIES = (
    "ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "NET_ADMIN", "NET_RAW", "BPF", "SYS_BOOT", "SYS_PTRACE",
    "DAC_READ_SEARCH", "PERFMON", "SYS_TIME", "SYS_NICE", "IPC_LOCK", "LEASE", "SYSLOG", "SYS_RESOURCE",
)  # fmt: skip
WRITTEN = ("/", "/etc", "/etc/cron.d", "/proc", "/sys", "/home", "/home/joe/.ssh", "/root", "/boot", "/usr", "/opt/cni",
           "/var/lib/docker", "/var/lib/kubelet", "/var/lib", "/var")  # fmt: skip
READ = ("/", "/etc", "/proc", "/sys", "/home", "/root", "/var/lib/docker", "/var/lib/kubelet")
SOCKETS = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock", "/var/run")

HARDENED = "allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, runAsUser: 1000"
NO_DROP = f"      securityContext: {{{HARDENED}}}\n"
DROP_CHOWN = f"      securityContext: {{{HARDENED}, capabilities: {{drop: [CHOWN]}}}}\n"
DROP_NET_RAW = f"      securityContext: {{{HARDENED}, capabilities: {{drop: [NET_RAW]}}}}\n"

FACTS: dict[str, Fact] = {
    **{key: fact for name in CAPABILITIES for key, fact in _capability(name).items()},
    **{key: fact for path in WRITTEN for key, fact in _mount(path, "sensitive-mount-write").items()},
    **{key: fact for path in READ for key, fact in _mount(path, "sensitive-mount-read").items()},
    **{key: fact for path in SOCKETS for key, fact in _mount(path, "runtime-socket").items()},
    "k8s path /srv": _mount("/srv/data", "host-path")["k8s path /srv/data"],
    "k8s path /srv read": Fact(
        "pod.yaml",
        pod(
            "      volumeMounts: [{name: x, mountPath: /x, readOnly: true}]\n",
            "  volumes: [{name: x, hostPath: {path: /srv/data}}]\n",
        ),
        "host-path",
        ("/srv/data",),
    ),
    "compose device /dev/sda": Fact(
        "compose.yaml", service("    devices: ['/dev/sda:/dev/sda']\n"), "host-device", ("/dev/sda",)
    ),
    "compose device /dev/mem": Fact(
        "compose.yaml", service("    devices: ['/dev/mem:/dev/mem']\n"), "host-device", ("/dev/mem",)
    ),
    "compose mount /dev/sda": Fact(
        "compose.yaml", service("    volumes: ['/dev/sda:/dev/sda']\n"), "host-device", ("/dev/sda",)
    ),
    "k8s hostPID": Fact("pod.yaml", pod(spec="  hostPID: true\n"), "host-pid-ipc", ("processes",)),
    "k8s hostIPC": Fact("pod.yaml", pod(spec="  hostIPC: true\n"), "host-pid-ipc", ("shared memory",)),
    "k8s hostPID of both": Fact(
        "pod.yaml", pod(spec="  hostPID: true\n  hostIPC: true\n"), "host-pid-ipc", ("processes",)
    ),
    "k8s hostIPC of both": Fact(
        "pod.yaml", pod(spec="  hostPID: true\n  hostIPC: true\n"), "host-pid-ipc", ("shared memory",)
    ),
    "compose pid": Fact("compose.yaml", service("    pid: host\n"), "host-pid-ipc", ("processes",)),
    "compose ipc": Fact("compose.yaml", service("    ipc: host\n"), "host-pid-ipc", ("shared memory",)),
    "compose pid of another": Fact("compose.yaml", service("    pid: 'container:x'\n"), "host-pid-ipc", ("pid", "x")),
    "compose users": Fact("compose.yaml", service("    userns_mode: host\n"), "host-userns-uts", ("users",)),
    "compose cgroups": Fact("compose.yaml", service("    cgroup: host\n"), "host-userns-uts", ("cgroups",)),
    "compose uts": Fact("compose.yaml", service("    uts: host\n"), "host-userns-uts", ("host name",)),
    "k8s cpu": Fact("pod.yaml", pod(), "requests-missing", ("CPU",)),
    "k8s memory": Fact("pod.yaml", pod(), "requests-missing", ("memory",)),
    "k8s seccomp off": Fact(
        "pod.yaml",
        pod("      securityContext: {seccompProfile: {type: Unconfined}}\n"),
        "unconfined-profile",
        ("seccomp", "unconfined"),
    ),
    "k8s apparmor off": Fact(
        "pod.yaml",
        pod("      securityContext: {appArmorProfile: {type: Unconfined}}\n"),
        "unconfined-profile",
        ("apparmor", "unconfined"),
    ),
    "k8s selinux off": Fact(
        "pod.yaml",
        pod("      securityContext: {seLinuxOptions: {type: spc_t}}\n"),
        "unconfined-profile",
        ("selinux", "spc_t"),
    ),
    "compose seccomp off": Fact(
        "compose.yaml",
        service("    security_opt: ['seccomp=unconfined']\n"),
        "unconfined-profile",
        ("seccomp", "unconfined"),
    ),
    "compose apparmor off": Fact(
        "compose.yaml",
        service("    security_opt: ['apparmor=unconfined']\n"),
        "unconfined-profile",
        ("apparmor", "unconfined"),
    ),
    "compose selinux off": Fact(
        "compose.yaml", service("    security_opt: ['label:disable']\n"), "unconfined-profile", ("selinux", "disable")
    ),
    "compose systempaths": Fact(
        "compose.yaml",
        service("    security_opt: ['systempaths=unconfined']\n"),
        "unconfined-profile",
        ("systempaths", "unconfined"),
    ),
    "compose may escalate": Fact("compose.yaml", service(""), "privilege-escalation", ("unsaid",)),
    "compose escalates": Fact(
        "compose.yaml", service("    security_opt: ['no-new-privileges:false']\n"), "privilege-escalation", ("allowed",)
    ),
    "k8s may escalate": Fact("pod.yaml", pod(), "privilege-escalation", ("unsaid",)),
    "k8s escalates": Fact(
        "pod.yaml",
        pod("      securityContext: {allowPrivilegeEscalation: true}\n"),
        "privilege-escalation",
        ("allowed",),
    ),
    "k8s none dropped": Fact("pod.yaml", pod(NO_DROP), "capabilities-not-dropped", ("ALL", "none dropped")),
    "k8s none dropped, NET_RAW": Fact("pod.yaml", pod(NO_DROP), "capabilities-not-dropped", ("NET_RAW",)),
    "k8s CHOWN dropped": Fact("pod.yaml", pod(DROP_CHOWN), "capabilities-not-dropped", ("ALL",)),
    "k8s NET_RAW dropped": Fact("pod.yaml", pod(DROP_NET_RAW), "capabilities-not-dropped", ("ALL",)),
    "compose none dropped": Fact("compose.yaml", service(""), "capabilities-not-dropped", ("ALL", "none dropped")),
    "k8s group 0": Fact(
        "pod.yaml", pod(spec="  securityContext: {supplementalGroups: [0]}\n"), "group-add-host", ("0",)
    ),
    "compose group docker": Fact("compose.yaml", service("    group_add: [docker]\n"), "group-add-host", ("docker",)),
    "docker curl": Fact("Dockerfile", run("curl -k https://x.org/a"), "tls-verify-off", ("curl", "-k")),
    "docker wget": Fact(
        "Dockerfile",
        run("wget --no-check-certificate https://x.org/a"),
        "tls-verify-off",
        ("wget", "--no-check-certificate"),
    ),
    "docker pip": Fact(
        "Dockerfile", run("pip install --trusted-host x.org y"), "tls-verify-off", ("pip", "--trusted-host")
    ),
    "docker python": Fact(
        "Dockerfile",
        run("python3 -m pip install --trusted-host=x.org y"),
        "tls-verify-off",
        ("python3", "--trusted-host=x.org"),
    ),
    "docker npm": Fact("Dockerfile", run("npm config set strict-ssl false"), "tls-verify-off", ("npm", "strict-ssl")),
    "docker git": Fact(
        "Dockerfile",
        run("git -c http.sslVerify=false clone https://x.org/y"),
        "tls-verify-off",
        ("git", "http.sslVerify=false"),
    ),
    "docker yum": Fact(
        "Dockerfile",
        run("yum-config-manager --setopt=sslverify=false --save"),
        "tls-verify-off",
        ("yum-config-manager", "--setopt=sslverify=false"),
    ),
    **{
        f"docker {name}": Fact(
            "Dockerfile", f"FROM debian:13.1\nENV {name}={value}\nUSER 10001\n", "tls-verify-off", (name,)
        )
        for name, value in (
            ("PYTHONHTTPSVERIFY", "0"),
            ("NODE_TLS_REJECT_UNAUTHORIZED", "0"),
            ("NPM_CONFIG_STRICT_SSL", "false"),
            ("GIT_SSL_NO_VERIFY", "true"),
            ("PIP_TRUSTED_HOST", "x.org"),
            ("CURL_INSECURE", "1"),
        )
    },
    "docker apk": Fact(
        "Dockerfile", run("apk add --allow-untrusted x"), "pkg-signature-off", ("apk", "--allow-untrusted")
    ),
    "docker apt-get": Fact(
        "Dockerfile",
        run("apt-get install -y --allow-unauthenticated x"),
        "pkg-signature-off",
        ("apt-get", "--allow-unauthenticated"),
    ),
    "docker force-yes": Fact(
        "Dockerfile", run("apt-get install --force-yes x"), "pkg-signature-off", ("apt-get", "--force-yes")
    ),
    "docker dnf": Fact("Dockerfile", run("dnf install --nogpgcheck x"), "pkg-signature-off", ("dnf", "--nogpgcheck")),
    "docker rpm": Fact("Dockerfile", run("rpm -i --nosignature x.rpm"), "pkg-signature-off", ("rpm", "--nosignature")),
    "docker zypper": Fact(
        "Dockerfile", run("zypper --no-gpg-checks in x"), "pkg-signature-off", ("zypper", "--no-gpg-checks")
    ),
    "docker ENV": Fact(
        "Dockerfile",
        "FROM debian:13.1\nENV DB_PASSWORD=Sup3rGeheim99\nUSER 10001\n",
        "secret-in-env",
        ("ENV", "DB_PASSWORD"),
    ),
    "docker LABEL": Fact(
        "Dockerfile",
        "FROM debian:13.1\nLABEL db_password=Sup3rGeheim99\nUSER 10001\n",
        "secret-in-env",
        ("LABEL", "db_password"),
    ),
    "compose env": Fact(
        "compose.yaml", service("    environment: {DB_PASSWORD: Sup3rGeheim99}\n"), "secret-in-env", ("DB_PASSWORD",)
    ),
    "k8s env": Fact(
        "pod.yaml", pod("      env: [{name: DB_PASSWORD, value: Sup3rGeheim99}]\n"), "secret-in-env", ("DB_PASSWORD",)
    ),
    "k8s env SECRET": Fact(
        "pod.yaml",
        pod("      env: [{name: APP_SECRET_KEY, value: Sup3rGeheim99x}]\n"),
        "secret-in-env",
        ("APP_SECRET_KEY",),
    ),
    "k8s ConfigMap": Fact(
        "map.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {DB_PASSWORD: Sup3rGeheim99}\n",
        "secret-in-env",
        ("DB_PASSWORD",),
    ),
    **{
        f"compose tag {tag}": Fact(
            "compose.yaml", f"services:\n  web:\n    image: nginx:{tag}\n", "rolling-tag", ("docker.io/library/nginx",)
        )
        for tag in ("stable", "beta", "mainline")
    },
    "docker tag stable": Fact("Dockerfile", "FROM nginx:stable\n", "rolling-tag", ("docker.io/library/nginx",)),
    "k8s tiller": Fact(
        "pod.yaml",
        pod().replace("acme/web:1.2.3", "gcr.io/kubernetes-helm/tiller:v2.17.0"),
        "deprecated-image",
        ("gcr.io/kubernetes-helm/tiller",),
    ),
    "k8s frozen registry": Fact(
        "pod.yaml", pod().replace("acme/web:1.2.3", "k8s.gcr.io/pause:3.9"), "deprecated-image", ("k8s.gcr.io/pause",)
    ),
    "k8s PodSecurityPolicy": Fact(
        "psp.yaml",
        "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: x}\n",
        "removed-api",
        ("policy/v1beta1",),
    ),
    "k8s old Ingress": Fact(
        "ingress.yaml",
        "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: x}\nspec: {}\n",
        "removed-api",
        ("extensions/v1beta1",),
    ),
    **{
        f"k8s {kind}": Fact(
            "service.yaml",
            f"apiVersion: v1\nkind: Service\nmetadata: {{name: x}}\nspec: {{type: {kind}, ports: [{{port: 80}}]}}\n",
            "public-service",
            (kind,),
        )
        for kind in ("LoadBalancer", "NodePort")
    },
    "k8s externalIPs": Fact(
        "service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {externalIPs: [203.0.113.9], ports: [{port: 80}]}\n",
        "public-service",
        ("externalIPs",),
    ),
    **{
        f"k8s datastore {kind}": Fact(
            "db.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: db, labels: {app: db}}\nspec:\n  containers:\n"
            "    - {name: db, image: postgres:17.2, ports: [{containerPort: 5432}]}\n---\napiVersion: v1\nkind: Service\n"
            f"metadata: {{name: db}}\nspec: {{type: {kind}, selector: {{app: db}}, ports: [{{port: 5432}}]}}\n",
            "exposed-datastore",
            (kind, "*"),
        )
        for kind in ("LoadBalancer", "NodePort")
    },
    "k8s everything": Fact("role.yaml", role("ClusterRole", "'*'", "'*'", "'*'"), "wildcard-rbac", ("*", "*")),
    "k8s everything in a namespace": Fact("role.yaml", role("Role", "'*'", "'*'", "'*'"), "wildcard-rbac", ("*", "*")),
    "k8s every resource": Fact(
        "role.yaml",
        role("ClusterRole", "apps", "'*'", "create, delete"),
        "wildcard-rbac",
        ("*", "create", "delete"),
    ),
    "k8s every resource in a namespace": Fact(
        "role.yaml", role("Role", "apps", "'*'", "create, delete"), "wildcard-rbac", ("*", "create", "delete")
    ),
    "k8s every verb": Fact("role.yaml", role("ClusterRole", "apps", "deployments", "'*'"), "wildcard-rbac", ("*", "*")),
    "k8s every group": Fact("role.yaml", role("ClusterRole", "'*'", "widgets", "get"), "wildcard-rbac", ("*", "get")),
    "k8s Secrets": Fact(
        "role.yaml", role("ClusterRole", "''", "secrets", "get"), "rbac-secrets-access", ("secrets", "get")
    ),
    "k8s Secrets of a namespace": Fact(
        "role.yaml", role("Role", "''", "secrets", "get"), "rbac-secrets-access", ("secrets", "get")
    ),
    "k8s Secrets written": Fact(
        "role.yaml", role("ClusterRole", "''", "secrets", "patch"), "rbac-secrets-access", ("secrets", "patch")
    ),
    "k8s Secrets by wildcard": Fact(
        "role.yaml", role("ClusterRole", "''", "'*'", "get"), "rbac-secrets-access", ("*", "get")
    ),
    "k8s escalate": Fact(
        "role.yaml",
        role("ClusterRole", "rbac.authorization.k8s.io", "roles", "escalate"),
        "rbac-escalation",
        ("escalate", "escalate"),
    ),
    "k8s bind": Fact(
        "role.yaml",
        role("ClusterRole", "rbac.authorization.k8s.io", "clusterroles", "bind"),
        "rbac-escalation",
        ("bind", "bind"),
    ),
    "k8s every verb on roles": Fact(
        "role.yaml",
        role("ClusterRole", "rbac.authorization.k8s.io", "roles", "'*'"),
        "rbac-escalation",
        ("*", "*"),
    ),
    "k8s every verb on clusterrolebindings": Fact(
        "role.yaml",
        role("ClusterRole", "rbac.authorization.k8s.io", "clusterrolebindings", "'*'"),
        "rbac-escalation",
        ("clusterrolebindings", "*"),
    ),
    "k8s bind bindings": Fact(
        "role.yaml",
        role("ClusterRole", "rbac.authorization.k8s.io", "clusterroles, rolebindings", "bind"),
        "rbac-escalation",
        ("bind", "bind"),
    ),
    "k8s rolebindings": Fact(
        "role.yaml",
        role("ClusterRole", "rbac.authorization.k8s.io", "rolebindings", "create"),
        "rbac-escalation",
        ("rolebindings", "create"),
    ),
    "k8s clusterrolebindings": Fact(
        "role.yaml",
        role("ClusterRole", "rbac.authorization.k8s.io", "clusterrolebindings", "create"),
        "rbac-escalation",
        ("clusterrolebindings", "create"),
    ),
    "k8s rolebindings patched": Fact(
        "role.yaml",
        role("ClusterRole", "'*'", "rolebindings", "get, patch"),
        "rbac-escalation",
        ("rolebindings", "get", "patch"),
    ),
    "k8s exec": Fact(
        "role.yaml", role("ClusterRole", "''", "pods/exec", "create"), "rbac-exec", ("pods/exec", "create")
    ),
    "k8s exec in a namespace": Fact(
        "role.yaml", role("Role", "''", "pods/exec", "create"), "rbac-exec", ("pods/exec", "create")
    ),
    "k8s attach": Fact(
        "role.yaml", role("ClusterRole", "''", "pods/attach", "create"), "rbac-exec", ("pods/attach", "create")
    ),
    "k8s portforward": Fact(
        "role.yaml",
        role("ClusterRole", "''", "pods/portforward", "create"),
        "rbac-exec",
        ("pods/portforward", "create"),
    ),
    "k8s services/status": Fact(
        "role.yaml",
        role("ClusterRole", "''", "services/status", "patch"),
        "rbac-network-control",
        ("services/status", "patch"),
    ),
    "k8s policies": Fact(
        "role.yaml",
        role("ClusterRole", "networking.k8s.io", "networkpolicies", "patch"),
        "rbac-network-control",
        ("networkpolicies", "patch"),
    ),
    "k8s aws-auth": Fact(
        "role.yaml",
        role("ClusterRole", "''", "configmaps", "update", "aws-auth"),
        "rbac-system-config",
        ("aws-auth", "update"),
    ),
    "k8s coredns": Fact(
        "role.yaml",
        role("ClusterRole", "''", "configmaps", "update", "coredns"),
        "rbac-system-config",
        ("coredns", "update"),
    ),
    "k8s impersonate users": Fact(
        "role.yaml", role("ClusterRole", "''", "users", "impersonate"), "rbac-impersonation", ("users", "impersonate")
    ),
    "k8s impersonate groups": Fact(
        "role.yaml", role("ClusterRole", "''", "groups", "impersonate"), "rbac-impersonation", ("groups", "impersonate")
    ),
    "k8s lacks hardening": Fact("pod.yaml", pod(), "hardening-missing", ("*",)),
}
