"""The options of package managers that take a value, each tool's own, as its documentation lists them.

A word behind one of them is its value and no package. What a tool doesn't list takes none.
"""

from __future__ import annotations

from hullcheck.tuples import NamedTuple


class Grammar(NamedTuple):
    """`short` are the letters of the options that take a value, `long` the names.

    `tail` says what stands behind `--`: packages, or with False something that the tool hands on.
    """

    short: str = ""
    long: frozenset[str] = frozenset()
    tail: bool = True


def _grammar(short: str, names: str, *, tail: bool = True) -> Grammar:
    return Grammar(short, frozenset(f"--{name}" for name in names.split()), tail)


PIP = _grammar(
    "rceitdfC",
    "abi build build-constraint cache-dir cert client-cert config-setting config-settings constraint debug-log"
    " editable exists-action extra-index-url find-links global-option group implementation index index-url"
    " install-option keyring-provider log log-file no-binary only-binary only-final override pip-args platform prefix"
    " progress-bar proxy pypi-url python python-version report requirement resume-retries retries root root-user-action"
    " src source-dir source-directory target timeout trusted-host upgrade-strategy uploaded-prior-to use-feature"
    " use-deprecated all-releases",
)
"""https://pip.pypa.io/en/stable/cli/pip_install/"""

UV = _grammar(
    "rcebfiCPpwt",
    "allow-insecure-host backtrack build-constraint build-constraints cache-dir color config-file config-setting"
    " config-settings config-settings-package constraint constraints default-index directory editable env-file exclude"
    " exclude-newer exclude-newer-package exclude-package excludes extra extra-index-url find-links fork-strategy from"
    " group index index-strategy index-url keyring-provider link-mode no-binary no-binary-package no-build-isolation-package"
    " no-build-package no-extra no-group no-sources-package only-binary only-group override overrides package prefix"
    " prerelease project python python-fetch python-platform python-preference python-version refresh-package reinstall-package requirement"
    " requirements resolution target torch-backend trusted-host upgrade-group upgrade-package with with-editable"
    " with-executables-from with-requirements",
)
"""https://docs.astral.sh/uv/reference/cli/"""

PIPX = _grammar("i", "backend fetch-python index-url pip-args preinstall python spec suffix")
"""https://pipx.pypa.io/stable/reference/cli/"""

_NPM = (
    "access audit-level auth-type before browser ca cache cache-max cache-min call cafile cert cidr cpu depth diff"
    " diff-dst-prefix diff-src-prefix diff-unified editor expect-result-count expect-results fetch-retries"
    " fetch-retry-factor fetch-retry-maxtimeout fetch-retry-mintimeout fetch-timeout git globalconfig heading"
    " https-proxy proxy include init-author-email init-author-name init-author-url init-license init-module"
    " init-type init-version install-strategy key libc local-address location lockfile-version loglevel logs-dir"
    " logs-max long-username maxsockets message min-release-age node-gyp node-options noproxy omit only os otp pack-destination"
    " package prefix provenance-file registry replace-registry-host save-prefix scope script-shell searchexclude"
    " searchlimit searchopts searchstaleness shell tag tag-version-prefix token umask user-agent userconfig viewer"
    " which workspace"
)
NPM = _grammar("Cwcm", _NPM)
"""https://docs.npmjs.com/cli/using-npm/config: all that aren't true or false"""

PNPM = _grammar(
    "CF",
    "allow-build child-concurrency color config cpu depth dir filter filter-prod global-bin-dir global-dir"
    " hoist-pattern libc lockfile-dir loglevel modules-dir network-concurrency node-linker os package-import-method"
    " public-hoist-pattern registry reporter save-catalog-name script-shell side-effects-cache-dir store-dir tag"
    " test-pattern trust-policy-exclude use-node-version userconfig virtual-store-dir workspace-concurrency changed-files-ignore-pattern"
    " fetch-retries fetch-timeout prefix cache-dir minimum-release-age",
)
"""https://pnpm.io/cli/add, https://pnpm.io/cli/install"""

YARN = _grammar(
    "A",
    "cache-folder cwd global-folder https-proxy link-folder loglevel mode modules-folder mutex network-concurrency"
    " network-timeout otp preferred-cache-folder prefix proxy registry use-manifest use-yarnrc",
)
"""https://classic.yarnpkg.com/en/docs/cli/install, https://yarnpkg.com/cli/add"""

BUN = _grammar(
    "c",
    "backend ca cache-dir cafile concurrent-scripts config cpu cwd env-file filter linker minimum-release-age"
    " network-concurrency omit os registry",
)
"""https://bun.sh/docs/cli/install"""

GEM = _grammar(
    "vsinPpgB",
    "bindir build-root bulk-threshold config-file document file http-proxy install-dir platform source target-rbconfig"
    " trust-policy version",
    tail=False,
)
"""`gem help install`; what stands behind `--` goes to the gem's build."""

CARGO = _grammar(
    "FjZ",
    "artifact-dir bin branch color config example features git index jobs lockfile-path message-format path profile"
    " registry rev root rustc-wrapper tag target target-dir timings vers version maximum-resolution-timeout"
    " pkg-fmt pkg-url bin-dir strategies disable-strategies install-path min-tls-version root-certificates rate-limit"
    " log-level bins manifest-path github-token targets",
)
"""https://doc.rust-lang.org/cargo/commands/cargo-install.html, and cargo-binstall's"""

GO = _grammar(
    "",
    "C asmflags buildmode buildvcs compiler covermode coverpkg exec gccgoflags gcflags installsuffix ldflags mod modfile"
    " o overlay p pgo pkgdir tags toolexec",
)
"""https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies: one dash does as well as two."""

CONDA = _grammar(
    "nprcfs",
    "channel clone environment-spec experimental file lock-timeout log-level name platform prefix repodata-fn"
    " revision root-prefix rc-file safety-checks solver subdir use-channel-alias category relocate-prefix"
    " channel-priority env extra-safety-checks",
)
"""https://docs.conda.io/projects/conda/en/stable/commands/install.html, and mamba's"""

COMPOSER = _grammar("d", "apcu-autoloader-prefix audit-format ignore-platform-req prefer-install working-dir format")
"""https://getcomposer.org/doc/03-cli.md"""

DOTNET = _grammar("va", "add-source arch configfile framework source tool-manifest tool-path verbosity version")
"""https://learn.microsoft.com/en-us/dotnet/core/tools/dotnet-tool-install"""

CHOCO = _grammar(
    "su",
    "allow-x86 bootstrapper cache cache-location cert certpassword checksum checksum64 checksumtype checksumtype64"
    " download-checksum download-checksum-x64 download-checksum-type download-checksum-type-x64 execution-timeout"
    " ia install-arguments installargs package-parameters params password proxy proxy-bypass-list proxy-password"
    " proxy-user requirechecksum source timeout user version log-file",
)
"""https://docs.chocolatey.org/en-us/choco/commands/install/"""
