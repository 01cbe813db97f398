"""Trees of files to measure on: like real repositories in shape, and different in every file."""

from pathlib import Path

DOCKERFILE = """\
# syntax=docker/dockerfile:1.7
ARG PYTHON=3.12.{n}
FROM python:${{PYTHON}}-slim AS build
WORKDIR /src
COPY requirements.txt ./
RUN apt-get update \\
 && apt-get install -y --no-install-recommends gcc libpq-dev \\
 && pip install --no-cache-dir -r requirements.txt \\
 && rm -rf /var/lib/apt/lists/*
COPY . .
RUN curl -fsSL https://example.com/tool-{n}.tar.gz -o /tmp/tool.tar.gz && tar -xzf /tmp/tool.tar.gz -C /usr/local

FROM python:${{PYTHON}}-slim
ENV APP_HOME=/app PORT=80{n}
WORKDIR $APP_HOME
COPY --from=build /src /app
EXPOSE 8000
CMD ["python", "-m", "service{n}"]
"""

COMPOSE = """\
services:
  web{n}:
    build: ./web
    ports:
      - "80{p}:8000"
    environment:
      DATABASE_URL: postgres://db{n}/app
    depends_on: [db{n}]
    networks: [front, back]
  db{n}:
    image: postgres:16.{m}
    environment:
      POSTGRES_PASSWORD: ${{DB_PASSWORD:?}}
    volumes:
      - data:/var/lib/postgresql/data
    networks: [back]
networks:
  front: {{}}
  back:
    internal: true
volumes:
  data: {{}}
"""

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api-{n}
  namespace: shop-{ns}
  labels: {{app: api-{n}}}
spec:
  replicas: 2
  selector:
    matchLabels: {{app: api-{n}}}
  template:
    metadata:
      labels: {{app: api-{n}}}
    spec:
      automountServiceAccountToken: false
      containers:
        - name: api
          image: registry.example.com/shop/api-{n}:1.{m}.0
          ports:
            - {{containerPort: 8080, name: http}}
          env:
            - name: LOG_LEVEL
              value: info
          resources:
            limits: {{memory: 256Mi}}
            requests: {{cpu: 50m, memory: 128Mi}}
          securityContext:
            runAsNonRoot: true
            allowPrivilegeEscalation: false
            capabilities: {{drop: [ALL]}}
          readinessProbe:
            httpGet: {{path: /ready, port: http}}
---
apiVersion: v1
kind: Service
metadata:
  name: api-{n}
  namespace: shop-{ns}
spec:
  selector: {{app: api-{n}}}
  ports:
    - port: 80
      targetPort: http
"""

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: api-{n}
  namespace: shop-{ns}
spec:
  podSelector:
    matchLabels: {{app: api-{n}}}
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector:
            matchLabels: {{app: api-{m}}}
      ports:
        - port: 8080
"""

NOISE = """\
# Settings that are neither Compose nor Kubernetes.
name: job-{n}
steps:
  - run: make test
    with: {{retries: {m}}}
"""

KINDS = (
    ("services/s{n}/Dockerfile", DOCKERFILE),
    ("stacks/s{n}/compose.yaml", COMPOSE),
    ("deploy/a{n}.yaml", MANIFEST),
    ("deploy/p{n}.yaml", POLICY),
    ("config/c{n}.yaml", NOISE),
)


def write(folder: Path, files: int) -> None:
    """Write `files` files below `folder`: Dockerfiles, Compose files, manifests, policies and other YAML in turn."""
    for number in range(files):
        n, (path, text) = number // len(KINDS), KINDS[number % len(KINDS)]
        target = folder / path.format(n=n)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.format(n=n, m=n % 17, p=f"{n % 100:02}", ns=n % 10), encoding="utf-8")
