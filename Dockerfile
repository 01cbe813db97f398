# The command as an image. It needs no network, no shell, no root and no writable file system:
#
#   docker run --rm --network none --read-only --volume "$PWD:/repository:ro" ghcr.io/hullcheck/hullcheck
#
# The target `ci` has a shell and git, too, for pipelines that run scripts in the image and compare with a base.
# scripts/image.sh builds either; for one commit the default target comes out the same, byte by byte.
ARG PYTHON=docker.io/library/python:3.13-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
ARG RUNTIME=gcr.io/distroless/python3-debian13:nonroot@sha256:83aa8d4f74a4d7f7cf2d472054139bef71a927b76c680c0f2e1021d6b1d6d732

FROM ${PYTHON} AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONHASHSEED=0
COPY requirements.lock ./
RUN python -m pip download --quiet --require-hashes --only-binary :all: --dest /wheels -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY linter linter
COPY checks checks
# What builds it is taken from the lock's wheels, too, and stays behind.
RUN python -m pip wheel --quiet --no-deps --no-index --find-links /wheels --wheel-dir /wheels . \
 && python -m pip install --quiet --no-compile --no-index --find-links /wheels --target /opt/hullcheck hullcheck \
 && printf 'import sys\n\nfrom hullcheck.__main__ import run\n\nsys.exit(run())\n' > /opt/hullcheck/__main__.py \
 && rm -rf /opt/hullcheck/bin /opt/hullcheck/*/RECORD /opt/hullcheck/*/direct_url.json \
 && find /opt/hullcheck -exec touch --no-dereference --date=@0 {} + \
 && python -m compileall -q -s /opt/hullcheck -p /opt/hullcheck /opt/hullcheck \
 && find /opt/hullcheck -exec touch --no-dereference --date=@0 {} +

FROM ${PYTHON} AS ci
LABEL org.opencontainers.image.title="hullcheck for pipelines" \
      org.opencontainers.image.description="hullcheck with git and a shell" \
      org.opencontainers.image.source="https://github.com/hullcheck/hullcheck" \
      org.opencontainers.image.licenses="Apache-2.0"
# The repositories that it reads belong to others; nothing that their configuration names is started.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && git config --system --add safe.directory '*'
COPY --from=build /opt/hullcheck /opt/hullcheck
RUN printf '#!/bin/sh\nexec python -I /opt/hullcheck "$@"\n' > /usr/local/bin/hullcheck \
 && chmod 755 /usr/local/bin/hullcheck
ENV PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /repository
CMD ["hullcheck"]

FROM ${RUNTIME} AS hullcheck
LABEL org.opencontainers.image.title="hullcheck" \
      org.opencontainers.image.description="A static security linter for Dockerfiles, Compose files and Kubernetes manifests" \
      org.opencontainers.image.source="https://github.com/hullcheck/hullcheck" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/hullcheck /opt/hullcheck
ENV PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /repository
ENTRYPOINT ["/usr/bin/python3", "-I", "/opt/hullcheck"]
