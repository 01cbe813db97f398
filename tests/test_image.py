"""Image references, taken apart as Docker does."""

import pytest

from hullcheck.model.image import ImageRef

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag", "digest"),
    [
        ("node", "docker.io", "library/node", "", ""),
        ("node:14", "docker.io", "library/node", "14", ""),
        ("node:5000", "docker.io", "library/node", "5000", ""),
        ("someone/app:1.2", "docker.io", "someone/app", "1.2", ""),
        ("docker.io/node:14", "docker.io", "library/node", "14", ""),
        ("index.docker.io/library/node", "docker.io", "library/node", "", ""),
        ("localhost/app", "localhost", "app", "", ""),
        ("localhost:5000/app", "localhost:5000", "app", "", ""),
        ("registry:5000/app:1", "registry:5000", "app", "1", ""),
        ("ghcr.io/a/b/c:v1", "ghcr.io", "a/b/c", "v1", ""),
        (f"node@{DIGEST}", "docker.io", "library/node", "", DIGEST),
        (f"node:14@{DIGEST}", "docker.io", "library/node", "14", DIGEST),
        ("[::1]:5000/app", "[::1]:5000", "app", "", ""),
    ],
)
def test_a_reference_has_parts(text: str, registry: str, repository: str, tag: str, digest: str) -> None:
    assert ImageRef.parse(text) == ImageRef(registry, repository, tag, digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "node:",
        "node:a:b",
        "${IMAGE}",
        "{{ .Values.image }}",
        "node@sha256:12",
        "<image>",
        "-x",
        "a//b",
        "IMAGE",
        "example/App:1",
        "ko://example.com/app",
    ],
)
def test_what_is_no_reference(text: str) -> None:
    assert ImageRef.parse(text) is None


def test_a_name_is_shown_as_people_write_it() -> None:
    image = ImageRef.parse("docker.io/library/node:14")
    assert image is not None
    assert (image.name, image.familiar, str(image)) == ("docker.io/library/node", "node", "docker.io/library/node:14")
