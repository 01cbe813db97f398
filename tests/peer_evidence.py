"""What other tools' rules are about: for every id whose rule covers some of a check's findings, which, and where that is said.

`PEERS` have, for each id, the facts that its rule tells; where several rules of a
tool tell the same, the one that is left if the more general ones are ignored, so that no id reaches what its tool would
still tell. The sources are the rules themselves, as of August 2026.
"""

from typing import NamedTuple

from peer_facts import FACTS, SOCKETS, WRITTEN

TRIVY = "https://github.com/aquasecurity/trivy-checks/blob/main/checks/kubernetes/{}.rego"
TRIVY_DOCKER = "https://github.com/aquasecurity/trivy-checks/blob/main/checks/docker/{}.rego"
CHECKOV = "https://github.com/bridgecrewio/checkov/blob/main/checkov/{}"
KUBE_LINTER = "https://github.com/stackrox/kube-linter/blob/main/pkg/builtinchecks/yamls/{}.yaml"
COMPOSE_LINT = "https://github.com/tmatens/compose-lint/blob/main/docs/rules/{}.md"
DCLINT = "https://github.com/zavoloklom/docker-compose-linter/blob/main/docs/rules/{}-rule.md"
KICS = "https://github.com/Checkmarx/kics/tree/master/assets/queries/{}"
SEMGREP = "https://semgrep.dev/r/{}"
POLARIS = "https://polaris.docs.fairwinds.com/checks/security/"
KUBESCAPE = "https://hub.armosec.io/docs/controls"
PSS = "https://kubernetes.io/docs/concepts/security/pod-security-standards/"
CIS_DOCKER = "https://www.cisecurity.org/benchmark/docker"
CIS_K8S = "https://www.cisecurity.org/benchmark/kubernetes"
BUILDKIT = "https://docs.docker.com/reference/build-checks/{}/"
HADOLINT = "https://github.com/hadolint/hadolint/wiki/{}"
TALLY = "https://github.com/wharflab/tally/blob/main/RULES.md"


class Peer(NamedTuple):
    """Which facts a rule tells, of those that the same checks find, and where that is said."""

    facts: frozenset[str]
    source: str


def tells(source: str, *facts: str) -> Peer:
    unknown = set(facts) - FACTS.keys()
    assert not unknown, unknown
    return Peer(frozenset(facts), source)


def _all(check: str, dialect: str = "", *but: str) -> tuple[str, ...]:
    return tuple(key for key, f in FACTS.items() if f.check == check and key.startswith(dialect) and key not in but)


def _k8s(*names: str) -> tuple[str, ...]:
    return tuple(f"k8s {name}" for name in names)


_EVERY_VERB = ("every verb on roles", "every verb on clusterrolebindings")


def _compose(*names: str) -> tuple[str, ...]:
    return tuple(f"compose {name}" for name in names)


_CAP = "dangerous-capability"
_LISTED = ("/", "/boot", "/etc", "/proc", "/sys", "/usr")
_CL = COMPOSE_LINT.format
_CK = CHECKOV.format("kubernetes/checks/resource/k8s/{}.py").format
_CG = CHECKOV.format("dockerfile/checks/graph_checks/{}.yaml").format
_KG = CHECKOV.format("kubernetes/checks/graph_checks/{}.yaml").format
_T, _L, _K = TRIVY.format, KUBE_LINTER.format, KICS.format
_PSP = tells(_CK("PrivilegedContainersPSP"), "k8s PodSecurityPolicy")
_NOTHING = "it asks for any of several things, each of which has a rule of its own: "

PEERS: dict[str, Peer] = {
    # capabilities
    "compose-lint:CL-0024": tells(_CL("CL-0024"), *_compose("ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO")),
    "compose-lint:CL-0011": tells(_CL("CL-0011"), *_compose("NET_ADMIN", "BPF", "SYS_BOOT")),
    "compose-lint:CL-0027": tells(_CL("CL-0027"), *_compose("SYS_PTRACE", "DAC_READ_SEARCH")),
    "compose-lint:CL-0028": tells(_CL("CL-0028"), *_compose("PERFMON", "SYS_TIME")),
    "compose-lint:CL-0029": tells(_CL("CL-0029"), *_compose("SYS_NICE", "IPC_LOCK", "LEASE")),
    "compose-lint:CL-0030": tells(_CL("CL-0030"), *_compose("SYSLOG")),
    "kics:ce76b7d0-9e77-464d-b86f-c5c48e03e22d": tells(
        _K("dockerCompose/container_capabilities_unrestricted"), *_all(_CAP, "compose"), "compose none dropped"
    ),
    "trivy:KSV-0005": tells(_T("SYS_ADMIN_capability"), "k8s SYS_ADMIN"),
    "trivy:KSV-0119": tells(_T("net_raw_capability"), "k8s NET_RAW"),
    "trivy:KSV-0120": tells(_T("SYS_MODULE_capability"), "k8s SYS_MODULE"),
    "trivy:KSV-0022": tells(
        _T("specific_capabilities_added"), *_all(_CAP, "k8s", *_k8s("SYS_ADMIN", "NET_RAW", "SYS_MODULE"))
    ),
    "checkov:CKV_K8S_39": tells(_CK("AllowedCapabilitiesSysAdmin"), "k8s SYS_ADMIN"),
    "checkov:CKV_K8S_25": tells(_CK("AllowedCapabilities"), *_all(_CAP, "k8s", "k8s SYS_ADMIN")),
    "kics:235236ee-ad78-4065-bd29-61b061f28ce0": tells(
        _K("k8s/containers_with_sys_admin_capabilities"), "k8s SYS_ADMIN"
    ),
    "kics:19ebaa28-fc86-4a58-bcfa-015c9e22fe40": tells(
        _K("k8s/containers_with_added_capabilities"), *_all(_CAP, "k8s", "k8s SYS_ADMIN")
    ),
    "polaris:dangerousCapabilities": tells(POLARIS, *_k8s("ALL", "SYS_ADMIN", "NET_ADMIN")),
    "kube-linter:drop-net-raw-capability": tells(
        _L("drop-net-raw-capability"), "k8s NET_RAW", "k8s none dropped, NET_RAW"
    ),
    "compose-lint:CL-0006": tells(_CL("CL-0006"), "compose none dropped"),
    "trivy:KSV-0003": tells(_T("capabilities_no_drop_all"), *_k8s("none dropped", "CHOWN dropped", "NET_RAW dropped")),
    "trivy:KSV-0004": tells(_T("capabilities_no_drop_at_least_one"), "k8s none dropped"),
    "trivy:KSV-0106": tells(
        _T("drop_all_capabilities_only_add_net_bind_service"), *_k8s("none dropped", "CHOWN dropped", "NET_RAW dropped")
    ),
    "checkov:CKV_K8S_28": tells(_CK("DropCapabilities"), "k8s none dropped, NET_RAW"),
    "checkov:CKV_K8S_37": tells(_CK("MinimizeCapabilities"), *_k8s("none dropped", "CHOWN dropped", "NET_RAW dropped")),
    "kics:268ca686-7fb7-4ae9-b129-955a2a89064e": tells(
        _K("k8s/no_drop_capabilities_for_containers"), "k8s none dropped"
    ),
    "kics:dbbc6705-d541-43b0-b166-dd4be8208b54": tells(
        _K("k8s/net_raw_capabilities_not_being_dropped"), "k8s none dropped, NET_RAW"
    ),
    "pss:capabilities_restricted": tells(PSS, *_k8s("none dropped", "CHOWN dropped", "NET_RAW dropped")),
    "cis-k8s:5.2.8": tells(CIS_K8S, "k8s none dropped, NET_RAW"),
    "cis-k8s:5.2.10": tells(CIS_K8S, *_k8s("none dropped", "CHOWN dropped", "NET_RAW dropped")),
    # host namespaces
    "compose-lint:CL-0010": tells(_CL("CL-0010"), *_compose("pid", "ipc")),
    "kics:4f31dd9f-2cc3-4751-9b53-67e4af83dac0": tells(_K("dockerCompose/host_namespace_is_shared"), "compose pid"),
    "kics:baa3890f-bed7-46f5-ab8f-1da8fc91c729": tells(_K("dockerCompose/shared_host_ipc_namespace"), "compose ipc"),
    "kube-linter:host-ipc": tells(_L("hostipc"), *_k8s("hostIPC", "hostIPC of both")),
    "kube-linter:host-pid": tells(_L("hostpid"), *_k8s("hostPID", "hostPID of both")),
    "trivy:KSV-0008": tells(_T("host_ipc"), *_k8s("hostIPC", "hostIPC of both")),
    "trivy:KSV-0010": tells(_T("host_pid"), *_k8s("hostPID", "hostPID of both")),
    "checkov:CKV_K8S_17": tells(_CK("ShareHostPID"), *_k8s("hostPID", "hostPID of both")),
    "checkov:CKV_K8S_18": tells(_CK("ShareHostIPC"), *_k8s("hostIPC", "hostIPC of both")),
    "kics:302736f4-b16c-41b8-befe-c0baffa0bd9d": tells(
        _K("k8s/shared_host_pid_namespace"), *_k8s("hostPID", "hostPID of both")
    ),
    "kics:cd290efd-6c82-4e9d-a698-be12ae31d536": tells(
        _K("k8s/shared_host_ipc_namespace"), *_k8s("hostIPC", "hostIPC of both")
    ),
    "polaris:hostIPCSet": tells(POLARIS, *_k8s("hostIPC", "hostIPC of both")),
    "polaris:hostPIDSet": tells(POLARIS, *_k8s("hostPID", "hostPID of both")),
    "kubescape:C-0275": tells(KUBESCAPE, *_k8s("hostPID", "hostPID of both")),
    "kubescape:C-0276": tells(KUBESCAPE, *_k8s("hostIPC", "hostIPC of both")),
    "cis-docker:5.16": tells(CIS_DOCKER, "compose pid", *_k8s("hostPID", "hostPID of both")),
    "cis-docker:5.17": tells(CIS_DOCKER, "compose ipc", *_k8s("hostIPC", "hostIPC of both")),
    "cis-k8s:5.2.3": tells(CIS_K8S, *_k8s("hostPID", "hostPID of both")),
    "cis-k8s:5.2.4": tells(CIS_K8S, *_k8s("hostIPC", "hostIPC of both")),
    "kics:8af7162d-6c98-482f-868e-0d33fb675ca8": tells(_K("dockerCompose/shared_host_user_namespace"), "compose users"),
    "kics:4d9f44c6-2f4a-4317-9bb5-267adbea0232": tells(_K("dockerCompose/cgroup_not_default"), "compose cgroups"),
    "cis-docker:5.21": tells(CIS_DOCKER, "compose uts"),
    "cis-docker:5.25": tells(CIS_DOCKER, "compose cgroups"),
    "cis-docker:5.31": tells(CIS_DOCKER, "compose users"),
    # requests
    **{
        identity: tells(source, f"k8s {what}")
        for identity, source, what in (
            ("kube-linter:unset-cpu-requirements", _L("unset-cpu-requirements"), "cpu"),
            ("kube-linter:unset-memory-requirements", _L("unset-memory-requirements"), "memory"),
            ("trivy:KSV-0015", _T("CPU_requests_not_specified"), "cpu"),
            ("trivy:KSV-0016", _T("memory_requests_not_specified"), "memory"),
            ("checkov:CKV_K8S_10", _CK("CPURequests"), "cpu"),
            ("checkov:CKV_K8S_12", _CK("MemoryRequests"), "memory"),
            ("polaris:cpuRequestsMissing", POLARIS, "cpu"),
            ("polaris:memoryRequestsMissing", POLARIS, "memory"),
            ("kubescape:C-0004", KUBESCAPE, "memory"),
            ("kubescape:C-0050", KUBESCAPE, "cpu"),
            ("kubescape:C-0268", KUBESCAPE, "cpu"),
            ("kubescape:C-0269", KUBESCAPE, "memory"),
        )
    },
    # confinement
    "compose-lint:CL-0009": tells(_CL("CL-0009"), *_compose("seccomp off", "apparmor off", "selinux off")),
    "kics:404fde2c-bc4b-4371-9747-7054132ac953": tells(
        _K("dockerCompose/default_seccomp_profile_disabled"), "compose seccomp off"
    ),
    "semgrep:yaml.docker-compose.security.seccomp-confinement-disabled.seccomp-confinement-disabled": tells(
        SEMGREP.format("yaml.docker-compose.security.seccomp-confinement-disabled"), "compose seccomp off"
    ),
    "semgrep:yaml.docker-compose.security.selinux-separation-disabled.selinux-separation-disabled": tells(
        SEMGREP.format("yaml.docker-compose.security.selinux-separation-disabled"), "compose selinux off"
    ),
    "trivy:KSV-0002": tells(_T("apparmor_policy_disabled"), "k8s apparmor off"),
    "trivy:KSV-0025": tells(_T("selinux_custom_options_set"), "k8s selinux off"),
    "trivy:KSV-0104": tells(_T("seccomp_profile_unconfined"), "k8s seccomp off"),
    "pss:appArmorProfile": tells(PSS, "k8s apparmor off"),
    "pss:seLinuxOptions": tells(PSS, "k8s selinux off"),
    "pss:seccompProfile_baseline": tells(PSS, "k8s seccomp off"),
    "cis-docker:5.2": tells(CIS_DOCKER, "k8s apparmor off", "compose apparmor off"),
    "cis-docker:5.3": tells(CIS_DOCKER, "k8s selinux off", "compose selinux off"),
    "cis-docker:5.22": tells(CIS_DOCKER, "k8s seccomp off", "compose seccomp off"),
    "kics:610e266e-6c12-4bca-9925-1ed0cd29742b": tells(
        _K("dockerCompose/security_opt_not_set"), "compose may escalate"
    ),
    # paths of the host
    "compose-lint:CL-0001": tells(
        _CL("CL-0001"),
        *_compose(*SOCKETS),
        *_compose("write /", "write /var", "read /"),
    ),
    "compose-lint:CL-0013": tells(
        _CL("CL-0013"),
        *_compose("write /sys", "write /home", "write /home/joe/.ssh", "mount /dev/sda"),
        *_compose("read /etc", "read /proc", "read /sys", "read /home", "read /root", "read /var/lib/docker"),
    ),
    "compose-lint:CL-0025": tells(
        _CL("CL-0025"),
        *_compose(
            "write /etc", "write /etc/cron.d", "write /proc", "write /root", "write /boot", "write /var/lib/docker"
        ),
        "compose write /var/lib",
    ),
    "compose-lint:CL-0016": tells(_CL("CL-0016"), "compose device /dev/sda"),
    "kube-linter:sensitive-host-mounts": tells(
        _L("host-mounts"),
        *(f"k8s write {path}" for path in _LISTED),
        *_k8s("read /", "read /etc", "read /proc", "read /sys"),
    ),
    "kube-linter:writable-host-mount": tells(
        _L("writable-host-mount"), *(f"k8s write {path}" for path in WRITTEN if path not in _LISTED), "k8s path /srv"
    ),
    "trivy:KSV-0121": tells(
        _T("Kubernetes_resource_with_disallowed_volumes_mounted"),
        *(f"k8s write {path}" for path in (*_LISTED, "/var/lib/docker")),
        *_k8s("read /", "read /etc", "read /proc", "read /sys", "read /var/lib/docker"),
    ),
    "kube-linter:docker-sock": tells(_L("docker-sock"), *_k8s("/var/run/docker.sock", "/run/docker.sock")),
    "trivy:KSV-0006": tells(_T("mounts_docker_socket"), "k8s /var/run/docker.sock"),
    "checkov:CKV_K8S_27": tells(_CK("DockerSocketVolume"), "k8s /var/run/docker.sock"),
    "kics:a6f34658-fdfb-4154-9536-56d516f65828": tells(
        _K("k8s/docker_daemon_socket_is_exposed_to_containers"), "k8s /var/run/docker.sock"
    ),
    "kics:d6355c88-1e8d-49e9-b2f2-f8a1ca12c75b": tells(
        _K("dockerCompose/docker_socket_mounted_in_container"), *_compose("/var/run/docker.sock", "/run/docker.sock")
    ),
    "semgrep:yaml.docker-compose.security.exposing-docker-socket-volume.exposing-docker-socket-volume": tells(
        SEMGREP.format("yaml.docker-compose.security.exposing-docker-socket-volume"),
        *_compose("/var/run/docker.sock", "/run/docker.sock"),
    ),
    "kube-linter:run-as-non-root": tells(_L("run-as-non-root"), "k8s group 0"),
    "trivy:KSV-0116": tells(_T("runs_with_a_root_primary_or_supplementary_GID"), "k8s group 0"),
    # builds
    "checkov:CKV2_DOCKER_2": tells(_CG("RunUnsafeCurl"), "docker curl"),
    "checkov:CKV2_DOCKER_3": tells(_CG("RunUnsafeWget"), "docker wget"),
    "checkov:CKV2_DOCKER_4": tells(_CG("RunPipTrustedHost"), "docker pip", "docker python"),
    "checkov:CKV2_DOCKER_5": tells(_CG("EnvPythonHttpsVerify"), "docker PYTHONHTTPSVERIFY"),
    "checkov:CKV2_DOCKER_6": tells(_CG("EnvNodeTlsRejectUnauthorized"), "docker NODE_TLS_REJECT_UNAUTHORIZED"),
    "checkov:CKV2_DOCKER_12": tells(_CG("EnvNpmConfigStrictSsl"), "docker NPM_CONFIG_STRICT_SSL"),
    "checkov:CKV2_DOCKER_13": tells(_CG("RunNpmConfigSetStrictSsl"), "docker npm"),
    "checkov:CKV2_DOCKER_14": tells(_CG("EnvGitSslNoVerify"), "docker GIT_SSL_NO_VERIFY"),
    "checkov:CKV2_DOCKER_15": tells(_CG("RunYumConfigManagerSslVerify"), "docker yum"),
    "checkov:CKV2_DOCKER_16": tells(_CG("EnvPipTrustedHost"), "docker PIP_TRUSTED_HOST"),
    "checkov:CKV2_DOCKER_7": tells(_CG("RunApkAllowUntrusted"), "docker apk"),
    "checkov:CKV2_DOCKER_8": tells(_CG("RunAptGetAllowUnauthenticated"), "docker apt-get"),
    "checkov:CKV2_DOCKER_9": tells(_CG("RunYumNoGpgCheck"), "docker dnf"),
    "checkov:CKV2_DOCKER_10": tells(_CG("RunRpmNoSignature"), "docker rpm"),
    "checkov:CKV2_DOCKER_11": tells(_CG("RunAptGetForceYes"), "docker force-yes"),
    # secrets
    "hadolint:DL3064": tells(HADOLINT.format("DL3064"), "docker ENV"),
    "buildkit:SecretsUsedInArgOrEnv": tells(BUILDKIT.format("secrets-used-in-arg-or-env"), "docker ENV"),
    "tally:buildkit/SecretsUsedInArgOrEnv": tells(TALLY, "docker ENV"),
    "trivy:DS-0031": tells(TRIVY_DOCKER.format("leaked_secrets"), "docker ENV"),
    "trivy:KSV-0109": tells(_T("configMap_with_secrets"), "k8s ConfigMap"),
    "trivy:KSV-01010": tells(_T("configmap_with_sensitive"), "k8s ConfigMap"),
    "compose-lint:CL-0020": tells(_CL("CL-0020"), "compose env"),
    "kube-linter:env-var-secret": tells(_L("env-var-secret"), "k8s env SECRET"),
    "polaris:sensitiveConfigmapContent": tells(POLARIS, "k8s ConfigMap"),
    "polaris:sensitiveContainerEnvVar": tells(POLARIS, "k8s env", "k8s env SECRET"),
    # images and APIs
    "compose-lint:CL-0004": tells(_CL("CL-0004"), "compose tag stable"),
    "dclint:service-image-require-explicit-tag": tells(
        DCLINT.format("service-image-require-explicit-tag"), "compose tag stable", "compose tag beta"
    ),
    "trivy:KSV-0102": tells(_T("tiller_is_deployed"), "k8s tiller"),
    "checkov:CKV_K8S_34": tells(_CK("Tiller"), "k8s tiller"),
    "checkov:CKV_K8S_44": tells(_CK("TillerService"), "k8s tiller"),
    "checkov:CKV_K8S_45": tells(_CK("TillerDeploymentListener"), "k8s tiller"),
    "kubescape:C-0253": tells(KUBESCAPE, "k8s frozen registry"),
    "kubescape:C-0292": tells(KUBESCAPE),
    **{f"checkov:CKV_K8S_{number}": _PSP for number in (1, 2, 3, 4, 5, 6, 7, 24, 32, 36)},
    **{
        f"kics:{identity}": tells(_K("k8s"), "k8s PodSecurityPolicy")
        for identity in (
            "2270987f-bb51-479f-b8be-3ca73e5ad648",
            "a33e9173-b674-4dfb-9d82-cf3754816e4b",
            "87554eef-154d-411d-bdce-9dbd91e56851",
            "80f93444-b240-4ebb-a4c6-5c40b76c04ea",
            "91dacd0e-d189-4a9c-8272-5999a3cc32d9",
            "c48e57d3-d642-4e0b-90db-37f807b41b91",
            "7307579a-3abb-46ad-9ce5-2a915634d5c8",
            "de4421f1-4e35-43b4-9783-737dd4e4a47e",
            "e3aa0612-4351-4a0d-983f-aefea25cf203",
            "caa93370-791f-4fc6-814b-ba6ce0cb4032",
        )
    },
    **{f"kubescape:C-0{number}": tells(KUBESCAPE, "k8s PodSecurityPolicy") for number in range(213, 221)},
    "kube-linter:no-extensions-v1beta": tells(_L("no-extensions-v1beta"), "k8s old Ingress"),
    # exposure
    "kube-linter:exposed-services": tells(_L("servicetype"), *_k8s("LoadBalancer", "NodePort")),
    "kube-score:service-type": tells("https://github.com/zegl/kube-score/blob/master/README_CHECKS.md", "k8s NodePort"),
    "trivy:KSV-0108": tells(_T("service_with_externalip"), "k8s externalIPs"),
    "kics:845acfbe-3e10-4b8e-b656-3b404d36dfb2": tells(
        _K("k8s/service_type_is_nodeport"), *_k8s("NodePort", "datastore NodePort")
    ),
    "kics:26763a1c-5dda-4772-b507-5fca7fb5f165": tells(
        _K("k8s/service_with_external_load_balancer"), *_k8s("LoadBalancer", "datastore LoadBalancer")
    ),
    "kics:69bbc5e3-0818-4150-89cc-1e989b48f23b": tells(_K("k8s/ingress_controller_exposes_workload")),
    # roles
    "kube-linter:wildcard-in-rules": tells(
        _L("wildcard-use-in-rules"), *_all("wildcard-rbac", "k8s", "k8s every group")
    ),
    "trivy:KSV-0044": tells(_T("any_any"), *_k8s("everything", "everything in a namespace")),
    "trivy:KSV-0045": tells(_T("any_verb"), "k8s every verb"),
    "trivy:KSV-0046": tells(_T("manage_all_resources"), "k8s every resource", "k8s Secrets by wildcard"),
    "trivy:KSV-0112": tells(_T("manage_all_resources_at_namespace"), "k8s every resource in a namespace"),
    "checkov:CKV_K8S_49": tells(_CK("WildcardRoles"), *_all("wildcard-rbac")),
    "trivy:KSV-0041": tells(_T("manage_secrets"), *_k8s("Secrets", "Secrets written")),
    "trivy:KSV-0113": tells(_T("manage_namespace_secrets"), "k8s Secrets of a namespace"),
    "kube-linter:access-to-secrets": tells(_L("access-to-secrets"), *_k8s("Secrets", "Secrets of a namespace")),
    "checkov:CKV2_K8S_5": tells(
        _KG("ReadAllSecrets"), *_k8s("Secrets", "Secrets of a namespace", "Secrets by wildcard")
    ),
    "cis-k8s:5.1.2": tells(CIS_K8S, *_k8s("Secrets", "Secrets of a namespace", "Secrets by wildcard")),
    "trivy:KSV-0050": tells(
        _T("manage_kubernetes_rbac_resources"), *_k8s("escalate", "bind bindings", "every verb on roles")
    ),
    "trivy:KSV-0051": tells(
        _T("allowing_create_role_binding_and_associate_privileged_clusterrole"), "k8s rolebindings"
    ),
    "trivy:KSV-0052": tells(
        _T("allowing_create_role_clusterrolebinding_and_associate_privileged_clusterrole"), "k8s clusterrolebindings"
    ),
    "trivy:KSV-0055": tells(_T("allowing_users_rolebinding_add_other_users_rolebindings"), "k8s rolebindings patched"),
    "checkov:CKV2_K8S_1": tells(_KG("RoleBindingPE"), *_k8s("bind bindings", "every verb on clusterrolebindings")),
    "checkov:CKV_K8S_157": tells(
        _CK("RbacBindRoleBindings"), *_k8s("bind bindings", "every verb on clusterrolebindings")
    ),
    "checkov:CKV_K8S_158": tells(_CK("RbacEscalateRoles"), *_k8s("escalate", "every verb on roles")),
    "kubescape:C-0191": tells(
        KUBESCAPE, *_k8s("escalate", "bind", "bind bindings", "impersonate users", "impersonate groups", *_EVERY_VERB)
    ),
    "cis-k8s:5.1.8": tells(
        CIS_K8S, *_k8s("escalate", "bind", "bind bindings", "impersonate users", "impersonate groups", *_EVERY_VERB)
    ),
    "trivy:KSV-0053": tells(_T("get_shell_on_pod"), *_k8s("exec", "exec in a namespace")),
    "trivy:KSV-0054": tells(_T("attaching_pod_view_logs_realtime"), "k8s attach"),
    "checkov:CKV2_K8S_2": tells(_KG("NoCreateNodesProxyOrPodsExec"), *_k8s("exec", "exec in a namespace")),
    "polaris:clusterrolePodExecAttach": tells(POLARIS, *_k8s("exec", "attach")),
    "polaris:rolePodExecAttach": tells(POLARIS, "k8s exec in a namespace"),
    "kubescape:C-0002": tells(KUBESCAPE, *_k8s("exec", "exec in a namespace")),
    "kubescape:C-0063": tells(KUBESCAPE, "k8s portforward"),
    "checkov:CKV2_K8S_4": tells(_KG("ModifyServicesStatus"), "k8s services/status"),
    "trivy:KSV-0049": tells(_T("manage_configmaps"), "k8s coredns"),
    "trivy:KSV-0115": tells(_T("manage_eks_iam_auth_configmap"), "k8s aws-auth"),
    "kubescape:C-0037": tells(KUBESCAPE, "k8s coredns"),
    "trivy:KSV-0043": tells(_T("impersonate_privileged_groups"), "k8s impersonate groups"),
    "checkov:CKV2_K8S_3": tells(_KG("ImpersonatePermissions"), *_k8s("impersonate users", "impersonate groups")),
    # about nothing by itself
    "trivy:KSV-0118": tells(_NOTHING + _T("default_security_context")),
    "checkov:CKV_K8S_29": tells(_NOTHING + _CK("PodSecurityContext")),
    "checkov:CKV_K8S_30": tells(_NOTHING + _CK("ContainerSecurityContext")),
    "kics:8b36775e-183d-4d46-b0f7-96a6f34a723f": tells(_NOTHING + _K("k8s/missing_app_armor_config")),
    "kics:a97a340a-0063-418e-b3a1-3028941d0995": tells(_NOTHING + _K("k8s/pod_or_container_without_security_context")),
    "polaris:linuxHardening": tells(_NOTHING + POLARIS),
    "kubescape:C-0055": tells(_NOTHING + KUBESCAPE),
    "kubescape:C-0211": tells(_NOTHING + KUBESCAPE),
    "cis-k8s:5.7.3": tells(_NOTHING + CIS_K8S),
}
