"""What counts as new, as unchanged and as fixed when two trees are compared, on findings made by hand."""

from hullcheck.change.changes import Comparison, Nature, Side, compare
from hullcheck.change.renames import renames
from hullcheck.finding import Finding, Severity, Suppression
from hullcheck.source import Source

COMPOSE = """services:
  web:
    image: nginx:1.27.3
    privileged: true
    ports:
      - "8080:80"
    restart: always
  db:
    image: postgres:17.2
    volumes:
      - data:/var/lib/postgresql/data
"""


def finding(source: Source, text: str, owner: str, name: str = "privileged", *evidence: str) -> Finding:
    start = source.text.index(text)
    place = source.at(start, start + len(text))
    return Finding(name, Severity.CRITICAL, "a message", place, owner, evidence, scope=source.path)


def side(*findings: Finding, owners: tuple[str, ...] = (), also: tuple[Source, ...] = ()) -> Side:
    sources = {s.path: s for s in (*(f.location.source for f in findings), *also)}
    known = {(path, owner, "", "") for path in sources for owner in owners}
    return Side(findings, sources, frozenset(known | {f.identity for f in findings}))


def states(comparison: Comparison) -> list[str]:
    return [finding.state for finding in comparison.findings]


def compose(text: str = COMPOSE, path: str = "compose.yaml") -> Source:
    return Source(path, text.encode())


def test_a_finding_that_moved_is_unchanged() -> None:
    old, new = compose(), compose("# a comment\n\n" + COMPOSE)
    compared = compare(
        side(finding(new, "privileged: true", "services.web")), side(finding(old, "privileged: true", "services.web"))
    )
    assert states(compared) == ["unchanged"]
    assert compared.fixed == ()


def test_a_second_equal_finding_is_new_and_it_is_the_added_one() -> None:
    added = "services:\n  web:\n    cap_add: [privileged]\n    privileged: true\n    image: other\n" + COMPOSE[10:]
    old, new = compose(), compose(added)
    first = finding(new, "privileged: true", "services.web")
    second = first._replace(location=new.at(new.text.rindex("privileged: true")))
    compared = compare(side(first, second), side(finding(old, "privileged: true", "services.web")))
    assert states(compared) == ["new", "unchanged"]


def test_a_copied_file_has_new_findings() -> None:
    old, copy = compose(), compose(path="copy/compose.yaml")
    one = finding(old, "privileged: true", "services.web")
    compared = compare(side(one, finding(copy, "privileged: true", "services.web")), side(one))
    assert states(compared) == ["unchanged", "new"]


def test_a_renamed_file_keeps_its_findings() -> None:
    old, new = compose(), compose(COMPOSE.replace("1.27.3", "1.27.4"), "deploy/compose.yaml")
    compared = compare(
        side(finding(new, "privileged: true", "services.web")), side(finding(old, "privileged: true", "services.web"))
    )
    assert states(compared) == ["unchanged"]


def test_deleting_one_bad_file_does_not_make_room_for_another() -> None:
    old = Source("old/Dockerfile", b'FROM alpine:3.20\nRUN apk add curl\nUSER root\nCMD ["sh"]\n')
    new = Source("new/Dockerfile", b"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nUSER root\n")
    compared = compare(side(finding(new, "root", "0")), side(finding(old, "root", "0")))
    assert states(compared) == ["new"]
    assert [f.state for f in compared.fixed] == ["absent"]


def test_a_renamed_service_keeps_its_findings() -> None:
    old, new = compose(), compose(COMPOSE.replace("web:", "frontend:"))
    compared = compare(
        side(finding(new, "privileged: true", "services.frontend")),
        side(finding(old, "privileged: true", "services.web")),
    )
    assert states(compared) == ["unchanged"]


def test_a_service_that_replaces_another_is_new() -> None:
    replaced = (
        COMPOSE.replace("web:", "miner:")
        .replace("nginx:1.27.3", "evil/miner:1")
        .replace('    ports:\n      - "8080:80"\n    restart: always', "    network_mode: host\n    pid: host")
    )
    old, new = compose(), compose(replaced)
    compared = compare(
        side(finding(new, "privileged: true", "services.miner")), side(finding(old, "privileged: true", "services.web"))
    )
    assert states(compared) == ["new"]


def test_a_service_that_is_still_there_was_not_renamed() -> None:
    old, new = compose(), compose(COMPOSE.replace("web:", "frontend:"))
    compared = compare(
        side(finding(new, "privileged: true", "services.frontend"), owners=("services.web",)),
        side(finding(old, "privileged: true", "services.web")),
    )
    assert states(compared) == ["new"]


def test_an_object_may_be_moved_to_another_file() -> None:
    manifest = "kind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: web\n      image: nginx:1.27.3\n"
    old = Source("all.yaml", f"kind: Service\n---\n{manifest}".encode())
    new, rest = Source("pod.yaml", manifest.encode()), Source("all.yaml", b"kind: Service\n")
    compared = compare(
        side(finding(new, "name: web", "Pod/default/web"), also=(rest,)),
        side(finding(old, "name: web", "Pod/default/web")),
    )
    assert states(compared) == ["unchanged"]


def test_what_a_folder_lacks_is_the_same_wherever_its_first_manifest_is() -> None:
    old, new = Source("k8s/web.yaml", b"kind: Deployment\n"), Source("k8s/api.yaml", b"kind: StatefulSet\n")
    compared = compare(
        side(finding(new, "StatefulSet", "k8s", "no-network-policies"), also=(old,)),
        side(finding(old, "Deployment", "k8s", "no-network-policies")),
        Nature(scopes=frozenset(("no-network-policies",))),
    )
    assert states(compared) == ["unchanged"]


def test_what_the_repository_lacks_is_the_same_wherever_it_is_told() -> None:
    old, new = Source("b/Dockerfile", b"FROM x\n"), Source("a/compose.yaml", b"services: {}\n")
    sides = (
        side(finding(new, "services", "services.web", "updates"), also=(old,)),
        side(finding(old, "FROM", "0", "updates")),
    )
    assert states(compare(*sides, Nature(once=frozenset(("updates",))))) == ["unchanged"]
    assert states(compare(*sides)) == ["new"]


def test_a_place_that_services_share_is_each_ones_own() -> None:
    text = "x-common: &common\n  privileged: true\nservices:\n  a:\n    <<: *common\n  b:\n    <<: *common\n"
    old, new = compose(text.replace("  b:\n    <<: *common\n", "  b: {}\n")), compose(text)
    at_a, at_b = (finding(new, "privileged: true", f"services.{name}") for name in "ab")
    compared = compare(side(at_a, at_b), side(finding(old, "privileged: true", "services.a"), owners=("services.b",)))
    assert states(compared) == ["unchanged", "new"]


def test_what_moves_from_one_service_to_another_is_new() -> None:
    service = "    image: x:1\n    ports: [80]\n    restart: always\n"
    before = f"services:\n  a:\n{service}    privileged: true\n  b:\n{service}"
    after = f"services:\n  a:\n{service}  b:\n{service}    privileged: true\n"
    compared = compare(
        side(finding(compose(after), "privileged: true", "services.b"), owners=("services.a",)),
        side(finding(compose(before), "privileged: true", "services.a"), owners=("services.b",)),
    )
    assert states(compared) == ["new"]


def test_a_stage_number_that_shifts_is_the_same_stage() -> None:
    final = 'FROM alpine:3.20\nCOPY --from=0 /app /app\nUSER root\nENTRYPOINT ["/app"]\n'
    old = Source("Dockerfile", f"FROM golang:1.23\nRUN go build\n{final}".encode())
    new = Source("Dockerfile", f"FROM node:22\nRUN npm ci\nFROM golang:1.23\nRUN go build\n{final}".encode())
    compared = compare(
        side(finding(new, "root", "2"), owners=("0", "1")), side(finding(old, "root", "1"), owners=("0",))
    )
    assert states(compared) == ["unchanged"]


def test_one_for_many_splits_without_anything_new() -> None:
    source = compose()
    group = finding(source, "web", "services.web", "hardening-missing")
    items = [finding(source, "web", "services.web", "read-only"), finding(source, "db", "services.cache", "read-only")]
    compared = compare(side(*items), side(group), Nature({"hardening-missing": frozenset(("read-only",))}))
    assert states(compared) == ["unchanged", "new"]


def test_what_is_not_suppressed_any_more_is_new() -> None:
    source = compose()
    plain = finding(source, "privileged: true", "services.web")
    quiet = plain._replace(suppression=Suppression("comment"))
    assert states(compare(side(plain), side(quiet))) == ["new"]
    assert states(compare(side(quiet), side(plain))) == ["unchanged"]
    assert states(compare(side(quiet), side(quiet))) == ["unchanged"]
    assert compare(side(), side(quiet)).fixed == ()


def test_a_newer_version_of_what_is_at_fault_is_nothing_new() -> None:
    source = compose()
    old = finding(source, "web", "services.web", "download", "https://example.org/v1.2.3/tool")
    new = finding(source, "web", "services.web", "download", "https://example.org/v1.2.10/tool")
    other = finding(source, "web", "services.web", "download", "https://example.net/v1.2.3/tool")
    assert states(compare(side(new), side(old))) == ["unchanged"]
    assert states(compare(side(other), side(old))) == ["new"]
    ports = [finding(source, "web", "services.web", "port", port) for port in ("22.1", "80.2")]
    assert states(compare(side(ports[0]), side(ports[1]))) == ["new"]


def test_evidence_may_name_a_file_that_was_renamed() -> None:
    old, new = Source("a/.env", b"TOKEN=x\nNAME=y\n"), Source("b/.env", b"TOKEN=x\nNAME=y\n")
    before = finding(old, "TOKEN", "", "committed", "a/.env")
    assert states(compare(side(finding(new, "TOKEN", "", "committed", "b/.env")), side(before))) == ["unchanged"]
    assert states(compare(side(finding(new, "TOKEN", "", "committed", "c/.env")), side(before))) == ["new"]


def test_a_part_that_is_cured_makes_the_rest_not_new() -> None:
    source = compose()
    old = finding(source, "web", "services.web", "hardening-missing", "no limit", "writable")
    assert states(compare(side(old._replace(evidence=("writable",))), side(old))) == ["unchanged"]
    assert states(compare(side(old), side(old._replace(evidence=("writable",))))) == ["new"]
    assert states(compare(side(old._replace(evidence=("other",))), side(old))) == ["new"]


def test_an_object_may_be_written_anew_in_another_file() -> None:
    old = Source("pod.json", b'{"kind": "Pod", "metadata": {"name": "web"}}')
    new = Source("pod.yaml", b"kind: Pod\nmetadata:\n  name: web\n")
    before, after = finding(old, "web", "Pod/default/web"), finding(new, "name: web", "Pod/default/web")
    assert states(compare(side(after), side(before))) == ["unchanged"]
    still_there = Side(
        (after,), {"pod.yaml": new, "pod.json": old}, frozenset({("pod.json", "Pod/default/web", "", "")})
    )
    assert states(compare(still_there, side(before))) == ["new"]


def test_a_folder_that_falls_apart_lacks_no_more_than_before() -> None:
    a, b = Source("x/a/web.yaml", b"kind: Deployment\n"), Source("x/b/web.yaml", b"kind: Deployment\n")
    whole = finding(a, "Deployment", "x", "no-policies")
    parts = [finding(a, "Deployment", "x/a", "no-policies"), finding(b, "Deployment", "x/b", "no-policies")]
    nature = Nature(scopes=frozenset(("no-policies",)))
    assert states(compare(side(*parts), side(whole, also=(b,)), nature)) == ["unchanged", "unchanged"]
    assert states(compare(side(*parts), side(whole), nature)) == ["unchanged", "new"]


def test_what_got_worse_is_new() -> None:
    source = compose()
    bad = finding(source, "privileged: true", "services.web")
    mild = bad._replace(severity=Severity.LOW)
    assert states(compare(side(bad), side(mild))) == ["new"]
    assert states(compare(side(mild), side(bad))) == ["unchanged"]


def test_of_several_renamed_files_the_likest_belong_together() -> None:
    base = {f"{name}/Dockerfile": Source("", f"FROM {name}\nRUN make {name}\nUSER root\n".encode()) for name in "abc"}
    head = {
        f"x/{name}.Dockerfile": Source("", source.data + b"CMD x\n")
        for name, source in zip("abc", base.values(), strict=True)
    }
    assert renames(base, head) == {f"x/{name}.Dockerfile": f"{name}/Dockerfile" for name in "abc"}


def test_renames_of_many_files_take_linear_time() -> None:
    base = {f"a/{n}": Source("", f"FROM x\nUSER root\nRUN step {n}\n".encode()) for n in range(3000)}
    head = {f"b/{n}": Source("", f"FROM x\nUSER root\nRUN step {n}\nCMD c\n".encode()) for n in range(3000)}
    found = renames(base, head)
    assert all(found[f"b/{n}"] == f"a/{n}" for n in range(3000))
