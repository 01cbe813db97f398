"""The table of base images: its form, and what is looked up in it."""

from pathlib import Path

import pytest

import hullcheck
from hullcheck.model.base_images import lookup
from hullcheck.model.container import Root
from hullcheck.model.image import ImageRef
from hullcheck.model.shipped import shipped
from hullcheck.parse.dockerfile import parse
from hullcheck.source import Source

TABLE = Path(hullcheck.__file__).parent / "data" / "base_images.txt"
DIGEST = "@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("name", "user", "drops"),
    [
        ("node:20", "", ""),
        ("debian", "", ""),
        ("amd64/alpine:3", "", ""),
        ("public.ecr.aws/docker/library/python:3.12", "", ""),
        ("postgres:16-alpine", "", "gosu"),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", "", ""),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-noble-chiseled", "1654", ""),
        ("mcr.microsoft.com/dotnet/runtime-deps:6.0-jammy-chiseled", "app", ""),
        ("mcr.microsoft.com/windows/servercore:ltsc2022", "ContainerAdministrator", ""),
        ("gcr.io/distroless/static-debian12:nonroot", "65532", ""),
        ("gcr.io/distroless/static-debian12", "", ""),
        ("cgr.dev/chainguard/wolfi-base", "", ""),
        ("cgr.dev/chainguard/python:latest", "65532", ""),
        ("bitnami/minideb", "", ""),
        ("bitnami/nginx:1.27", "1001", ""),
        ("nginxinc/nginx-unprivileged:1.27", "101", ""),
        ("registry.access.redhat.com/ubi9/nodejs-20", "1001", ""),
        ("registry.access.redhat.com/ubi9/ubi-minimal:9.4", "", ""),
        ("moby/buildkit:rootless", "nonroot", ""),
        (f"python{DIGEST}", "", ""),
    ],
)
def test_what_is_known(name: str, user: str, drops: str) -> None:
    image = ImageRef.parse(name)
    assert image is not None
    found = lookup(image)
    assert found is not None
    assert (found.user, found.drops) == (user, drops)


@pytest.mark.parametrize(
    "name", ["acme/base:1", "cgr.dev/chainguard/unlisted", "bitnami/unlisted", f"gcr.io/distroless/static{DIGEST}"]
)
def test_what_is_not_known(name: str) -> None:
    image = ImageRef.parse(name)
    assert image is not None
    assert lookup(image) is None


def test_every_line_has_its_columns_and_a_source() -> None:
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, tags, user, drops, variables, source = line.split()
            assert "/" in name or name == "*"
            assert "/" in source
            assert tags
            assert user
            assert drops
            assert "*" not in variables[:-1]


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("FROM mcr.microsoft.com/dotnet/aspnet:8.0\nUSER $APP_UID\n", Root.NO),
        ("FROM debian:12\nUSER $APP_UID\n", Root.STATED),
        ("FROM debian:12\nUSER ${WHO:-root}\n", Root.STATED),
        ("FROM acme/base\nUSER ${WHO:-root}\n", Root.UNKNOWN),
        ("FROM node:20\nUSER $NODE_VERSION\n", Root.UNKNOWN),
        ("FROM node:20\n", Root.IMPLICIT),
        ("FROM nginxinc/nginx-unprivileged\n", Root.NO),
        ("FROM gradle:8\n", Root.STATED),
    ],
)
def test_a_base_image_decides_who_a_stage_runs_as(text: str, root: Root) -> None:
    made = shipped(parse(Source("Dockerfile", text.encode())))
    assert made is not None
    assert made.user.root is root


@pytest.mark.parametrize(
    ("text", "drops"),
    [
        ("FROM postgres:16\n", "gosu"),
        ('FROM postgres:16\nCMD ["postgres", "-c", "x=y"]\n', "gosu"),
        ('FROM postgres:16\nENTRYPOINT ["postgres"]\n', ""),
        ('FROM postgres:16\nENTRYPOINT ["docker-entrypoint.sh"]\n', "gosu"),
        ("FROM node:20\n", ""),
    ],
)
def test_a_base_image_gives_root_up_while_its_entry_point_is_kept(text: str, drops: str) -> None:
    made = shipped(parse(Source("Dockerfile", text.encode())))
    assert made is not None
    assert made.drops_privileges == drops
