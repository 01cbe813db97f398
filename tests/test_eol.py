"""What an image's name and tag say of the releases in it, and when those end."""

from datetime import date

import pytest

from hullcheck.model.image import ImageRef
from hullcheck_checks.data.lifecycle import IMAGES, Release, releases, table


def of(text: str) -> tuple[Release, ...]:
    image = ImageRef.parse(text)
    assert image is not None
    return releases(image)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("python:3.8-slim-buster", ["Python 3.8", "Debian 10"]),
        ("python:2", ["Python 2"]),
        ("node:14.21.3-alpine3.15", ["Node.js 14", "Alpine 3.15"]),
        ("node:erbium", ["Node.js 12"]),
        ("debian:buster-slim", ["Debian 10"]),
        ("debian:10.3", ["Debian 10"]),
        ("ubuntu:bionic-20210416", ["Ubuntu 18.04"]),
        ("centos:centos7.9.2009", ["CentOS 7"]),
        ("quay.io/centos/centos:stream8", ["CentOS Stream 8"]),
        ("alpine:3.12.1", ["Alpine 3.12"]),
        ("redis:4.0.14", ["Redis 4.0.14"]),
        ("postgres:9.6-alpine", ["PostgreSQL 9.6"]),
        ("eclipse-temurin:8u292-b10-jdk-focal", ["Eclipse Temurin 8", "Ubuntu 20.04"]),
        ("mcr.microsoft.com/dotnet/sdk:6.0-focal", [".NET 6", "Ubuntu 20.04"]),
        ("mcr.microsoft.com/windows/nanoserver:1909", ["Nano Server 1909"]),
        ("golang:1.12-nanoserver-1809", ["Go 1.12"]),
        ("nvidia/cuda:11.0-devel-ubuntu18.04", ["Ubuntu 18.04"]),
        ("gcr.io/distroless/java-debian10", ["Debian 10"]),
        ("registry.access.redhat.com/ubi7/ubi:7.9", ["Red Hat Enterprise Linux 7"]),
        ("arm64v8/debian:stretch", ["Debian 9"]),
        ("public.ecr.aws/docker/library/python:3.6", ["Python 3.6"]),
        ("mcr.microsoft.com/devcontainers/python:1-3.8-bullseye", ["Python 3.8", "Debian 11"]),
        ("mcr.microsoft.com/vscode/devcontainers/base:ubuntu-20.04", ["Ubuntu 20.04"]),
        ("timescale/timescaledb:2.1.0-pg11", ["PostgreSQL 11"]),
        ("bitnami/redis:6.0-debian-10-r20", ["Debian 10"]),
        ("myapp:1.2-buster", ["Debian 10"]),
        ("ros:kinetic", ["ROS kinetic"]),
        ("amazonlinux:1", ["Amazon Linux 2018.03"]),
        ("mysql:5.7@sha256:" + "0" * 64, ["MySQL 5.7"]),
    ],
)
def test_a_reference_names_releases(text: str, labels: list[str]) -> None:
    assert [release.label for release in of(text)] == labels


@pytest.mark.parametrize(
    "text",
    [
        "alpine", "debian:stable", "node:lts", "nginx:mainline", "myapp:buster", "myapp:2004", "app:1.2-1803", "kindest/node:v1.20",
        "mcr.microsoft.com/windows/nanoserver:1809", "example.com/python:3.8", "someone/node:14", "stretch", "myapp:focal",
        "golang:9.99", "nginx:alpine",
    ],
)  # fmt: skip
def test_a_reference_names_nothing_known(text: str) -> None:
    assert of(text) == ()


def test_a_short_tag_means_the_newest_release_it_covers() -> None:
    assert of("php:7")[0].ended == date(2022, 11, 28)
    newest = of("python:3")[0].ended
    assert newest is not None
    assert newest > date(2029, 1, 1)


def test_a_release_between_ended_ones_has_ended() -> None:
    (release,) = of("nginx:1.17")
    assert not release.exact
    assert release.ended == date(2021, 4, 20)


def test_debian_ends_with_its_long_term_support_and_ubuntu_without_the_paid_one() -> None:
    assert of("debian:10")[0].ended == date(2024, 6, 30)
    assert of("ubuntu:18.04")[0].ended == date(2023, 5, 31)


def test_a_line_that_is_replaced_within_a_year_is_brief() -> None:
    assert of("traefik:v2.4")[0].brief
    assert not of("postgres:11")[0].brief


def test_every_product_is_in_the_table() -> None:
    assert set(IMAGES.values()) <= table()["products"].keys()
    assert "endoflife.date" in table()["source"]
    date.fromisoformat(table()["date"])
