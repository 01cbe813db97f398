"""Interfaces that run code, or show everything, to whoever comes: which containers are such, and on which ports.

Images, default ports and the settings by which they ask for a login are those of the products' own documentation; the
page of `exposed-console` names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from hullcheck.model.container import Container
from hullcheck.tuples import NamedTuple


class Console(NamedTuple):
    """`name` it in messages. `gives` says what it gives; `asks` is false where it lets everybody in.

    `ports` are those that it listens on by default, TCP all of them; none stands for all ports of its container.
    """

    name: str
    gives: str
    ports: tuple[int, ...]
    asks: bool


class _Product(NamedTuple):
    """How a product is recognised, and what makes it ask.

    `images` are the last parts of repositories, or several parts; `commands` what starts it where the image is another,
    as its first words. `asks` is what it does by itself. `closed` are variables and beginnings of options that make it
    ask, `opened` those that keep it from asking, as `NAME`, which counts with any value that means yes or is a text,
    `NAME=value`, or `--option`.
    """

    name: str
    gives: str
    ports: tuple[int, ...]
    images: tuple[str, ...]
    commands: tuple[str, ...] = ()
    asks: bool = False
    closed: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()


_RUNS, _MODELS, _DATA, _SHOWS = "runs code", "runs models and whatever they load", "shows and changes data", "shows"
_HOST = "controls the container engine"
_METRICS = "shows all that is measured"

_PRODUCTS = (
    _Product("Ray", _RUNS, (8265, 10001), ("rayproject/ray", "rayproject/ray-ml", "rayproject/ray-llm"), ("ray start",)),
    _Product(
        "Jupyter", _RUNS, (8888,),
        ("base-notebook", "minimal-notebook", "scipy-notebook", "datascience-notebook", "tensorflow-notebook",
         "pytorch-notebook", "pyspark-notebook", "all-spark-notebook", "r-notebook", "julia-notebook"),
        ("jupyter lab", "jupyter notebook", "jupyter-lab", "jupyter-notebook", "jupyter server", "start-notebook.sh",
         "start-notebook.py"),
        asks=True,
        opened=(
            "--ServerApp.token=", "--NotebookApp.token=", "--IdentityProvider.token=",
        ),
    ),
    _Product(
        "Selenium", _RUNS, (4444,),
        ("selenium/hub", "standalone-chrome", "standalone-firefox", "standalone-edge", "standalone-chromium",
         "standalone-all-browsers", "standalone-chrome-debug", "standalone-firefox-debug", "standalone-docker"),
        closed=("SE_ROUTER_USERNAME",),
    ),
    _Product("Ollama", _MODELS, (11434,), ("ollama/ollama",), ("ollama serve",)),
    _Product("vLLM", _MODELS, (8000,), ("vllm-openai",), ("vllm serve",), closed=("VLLM_API_KEY", "--api-key")),
    _Product("LocalAI", _MODELS, (8080,), ("localai/localai", "go-skynet/local-ai"), closed=("API_KEY", "LOCALAI_API_KEY")),
    _Product(
        "Open WebUI", _RUNS, (8080,), ("open-webui",), ("open-webui serve",), asks=True, opened=("WEBUI_AUTH=false",)
    ),
    _Product("ComfyUI", _RUNS, (8188,), ("comfyui", "comfyui-boot", "comfyui-docker")),
    _Product("Stable Diffusion's web interface", _RUNS, (7860,), ("stable-diffusion-webui",), closed=("--gradio-auth",)),
    _Product("Flink", _RUNS, (8081,), ("flink",)),
    _Product("Spark", _RUNS, (7077, 6066, 8080, 8081), ("spark", "spark-master", "spark-worker", "apache/spark")),
    _Product("YARN", _RUNS, (8088, 8032, 8042), ("hadoop", "hadoop-resourcemanager", "hadoop-nodemanager")),
    _Product("Dask", _RUNS, (8786, 8787), ("dask/dask", "dask-notebook"), ("dask-scheduler", "dask scheduler")),
    _Product("Zeppelin", _RUNS, (8080,), ("zeppelin",)),
    _Product("Druid", _RUNS, (8888, 8081, 8082, 8090), ("druid",)),
    _Product("Pinot", _RUNS, (9000, 8099), ("apachepinot/pinot",)),
    _Product("Kafka Connect", _RUNS, (8083,), ("cp-kafka-connect", "cp-kafka-connect-base", "debezium/connect")),
    _Product("Nacos", _RUNS, (8848, 9848), ("nacos-server",), closed=("NACOS_AUTH_ENABLE",)),
    _Product(
        "MLflow", _RUNS, (5000,), ("mlflow",), ("mlflow server", "mlflow ui"), closed=("--app-name",),
    ),
    _Product("Airflow", _RUNS, (8080,), ("airflow",), asks=True),
    _Product(
        "Langflow", _RUNS, (7860,), ("langflow", "langflow-backend"), ("langflow run",),
        closed=("LANGFLOW_AUTO_LOGIN=false",),
    ),
    _Product("Flowise", _RUNS, (3000,), ("flowise",), asks=True),
    _Product("n8n", _RUNS, (5678,), ("n8n",), asks=True, opened=("N8N_USER_MANAGEMENT_DISABLED=true",)),
    _Product("Node-RED", _RUNS, (1880,), ("node-red", "node-red-docker")),
    _Product("Jenkins", _RUNS, (8080, 50000), ("jenkins",), asks=True),
    _Product("Nomad", _RUNS, (4646,), ("nomad",), ("nomad agent",)),
    _Product("Weave Scope", _HOST, (4040,), ("weaveworks/scope",)),
    _Product(
        "code-server", _RUNS, (8080, 8443), ("code-server", "openvscode-server"), ("code-server",), asks=True,
        opened=("--auth none", "--auth=none"),
    ),
    _Product("ttyd", _RUNS, (7681,), ("ttyd",), ("ttyd",), closed=("-c", "--credential")),
    _Product("a desktop in the browser", _RUNS, (3000, 3001, 6901, 80), ("webtop", "ubuntu-desktop-lxde-vnc"),
             closed=("PASSWORD", "HTTP_PASSWORD")),
    _Product("php-fpm", _RUNS, (9000,), (), ("php-fpm",)),
    _Product(
        "Argo Workflows", _RUNS, (2746,), ("argocli",), ("argo server",), asks=True,
        opened=("--auth-mode=server", "--auth-mode server"),
    ),
    _Product("Argo CD", _RUNS, (8080,), ("argoproj/argocd",), ("argocd-server",), asks=True, opened=("--disable-auth",)),
    _Product("Traefik's API", _SHOWS + " every route", (8080,), ("traefik",), asks=True,
             opened=("--api.insecure", "TRAEFIK_API_INSECURE")),
    _Product("Portainer", _HOST, (9000, 9443, 8000), ("portainer", "portainer-ce", "portainer-ee"), asks=True),
    _Product("Dockge", _HOST, (5001,), ("dockge",), asks=True),
    _Product("Rancher", _RUNS, (80, 443), ("rancher/rancher",), asks=True),
    _Product("Dozzle", _SHOWS + " the logs of all containers", (8080,), ("dozzle",), closed=("DOZZLE_AUTH_PROVIDER",)),
    _Product("a registry", "hands out and takes images", (5000,), ("library/registry",), ("registry serve",),
             closed=("REGISTRY_AUTH", "REGISTRY_AUTH_HTPASSWD_PATH", "REGISTRY_AUTH_TOKEN_REALM", "REGISTRY_AUTH_HTPASSWD_REALM")),
    _Product("phpMyAdmin", _DATA, (80, 443, 8080), ("phpmyadmin",), asks=True,
             opened=("PMA_PASSWORD",)),
    _Product("Adminer", _DATA, (8080,), ("adminer",), asks=True),
    _Product("pgAdmin", _DATA, (80, 443), ("pgadmin4",), asks=True, opened=("PGADMIN_CONFIG_SERVER_MODE=false",)),
    _Product("pgweb", _DATA, (8081,), ("pgweb",), closed=("PGWEB_AUTH_USER", "--auth-user")),
    _Product("mongo-express", _DATA, (8081,), ("mongo-express",), asks=True, opened=("ME_CONFIG_BASICAUTH=false",)),
    _Product("Redis Commander", _DATA, (8081,), ("redis-commander",), closed=("HTTP_USER",)),
    _Product("Redis Insight", _DATA, (5540, 8001), ("redisinsight", "redis-insight")),
    _Product("CloudBeaver", _DATA, (8978,), ("cloudbeaver",), asks=True),
    _Product("DbGate", _DATA, (3000,), ("dbgate",), closed=("LOGINS", "LOGIN")),
    _Product("a console for Kafka", _DATA, (8080, 9000), ("kafka-ui", "kafdrop", "cmak", "akhq", "kafbat-ui"),
             closed=("AUTH_TYPE",)),
    _Product("a console for Elasticsearch", _DATA, (9000, 5000, 8080), ("elasticsearch-hq", "cerebro", "elasticvue")),
    _Product("Kibana", _DATA, (5601,), ("kibana", "opensearch-dashboards"), asks=True),
    _Product("a console for a data store", _DATA, (), ("etcdkeeper", "rockmongo", "sqlpad", "zoonavigator"), asks=True),
    _Product("Supabase Studio", _DATA, (3000,), ("supabase/studio",)),
    _Product("Hasura", _DATA, (8080,), ("graphql-engine",), closed=("HASURA_GRAPHQL_ADMIN_SECRET", "--admin-secret")),
    _Product("Trino", _DATA, (8080,), ("trino",)),
    _Product("Flower", _SHOWS + " and cancels tasks", (5555,), ("mher/flower",), ("celery flower",),
             closed=("FLOWER_BASIC_AUTH", "FLOWER_OAUTH2_KEY", "--basic-auth", "--basic_auth")),
    _Product("Temporal's web interface", _SHOWS + " and starts workflows", (8080,), ("temporalio/ui",),
             closed=("TEMPORAL_AUTH_ENABLED",)),
    _Product("Prometheus", _METRICS, (9090,), ("prom/prometheus", "prometheus/prometheus"), closed=("--web.config.file",)),
    _Product("Alertmanager", _METRICS, (9093,), ("prom/alertmanager", "prometheus/alertmanager"), closed=("--web.config.file",)),
    _Product("the Pushgateway", _METRICS, (9091,), ("prom/pushgateway", "prometheus/pushgateway"), closed=("--web.config.file",)),
    _Product("cAdvisor", _METRICS, (8080,), ("cadvisor",), closed=("--http_auth_file",)),
    _Product("Netdata", _METRICS, (19999,), ("netdata/netdata",)),
    _Product("Glances", _METRICS, (61208,), ("glances",), closed=("--password",)),
)  # fmt: skip

_NO = frozenset(("no", "false", "0", "off", "n", "none", "disabled", "''", '""', ""))


def consoles(container: Container) -> Iterator[Console]:
    """What the container is of these. Which ports of it are published is another question."""
    if container.role not in ("container", "sidecar", "service", "stage") or container.short_lived:
        return
    image = container.image.image if container.image is not None else None
    repository = image.repository.lower() if image is not None else ""
    words = [word.value or "" for word in container.command]
    command = _command(words)
    for product in (*_named(repository), *_started(command)):
        if product.name in _ONLY_WITH and not _said(container, words, _ONLY_WITH[product.name]):
            continue
        asks = product.asks
        if _said(container, words, product.opened):
            asks = False
        elif _said(container, words, product.closed):
            asks = True
        yield Console(product.name, product.gives, product.ports, asks)
        return
    if repository.rpartition("/")[2] == "php" and image is not None and "fpm" in (image.tag or ""):
        yield Console("php-fpm", _RUNS, (9000,), False)


_ONLY_WITH = {"Traefik's API": ("--api.insecure", "TRAEFIK_API_INSECURE")}
"""Consoles that are there only if something turns them on."""


@cache
def _by_image() -> dict[str, list[tuple[str, _Product]]]:
    found: dict[str, list[tuple[str, _Product]]] = {}
    for product in _PRODUCTS:
        for image in product.images:
            found.setdefault(image.rpartition("/")[2], []).append((image, product))
    return found


@cache
def _by_command() -> dict[str, list[tuple[str, _Product]]]:
    found: dict[str, list[tuple[str, _Product]]] = {}
    for product in _PRODUCTS:
        for command in product.commands:
            found.setdefault(command.partition(" ")[0], []).append((command, product))
    return found


def _named(repository: str) -> Iterator[_Product]:
    for image, product in _by_image().get(repository.rpartition("/")[2], ()):
        if repository == image or repository.endswith(f"/{image}"):
            yield product


def _started(command: str) -> Iterator[_Product]:
    for start, product in _by_command().get(command.partition(" ")[0], ()):
        if command == start or command.startswith(f"{start} "):
            yield product


def _command(words: list[str]) -> str:
    """The command line, without what only leads to it."""
    if (
        len(words) > 2
        and words[0].rpartition("/")[2] in ("sh", "bash", "ash")
        and words[1].startswith("-")
        and "c" in words[1]
    ):
        words = words[2].split()
    while words and (words[0].rpartition("/")[2] in _BEFORE or words[0] == "--"):
        words = words[1:]
    return " ".join([words[0].rpartition("/")[2], *words[1:3]]) if words else ""


_BEFORE = frozenset(("exec", "tini", "dumb-init", "catatonit", "python", "python3", "-m", "env", "sudo", "-E", "nohup"))


def _said(container: Container, words: list[str], settings: Iterable[str]) -> bool:
    return any(_option(words, each) if each.startswith("-") else _variable(container, each) for each in settings)


def _option(words: list[str], option: str) -> bool:
    """Is the option there, and doesn't it say no?"""
    name, blank, wanted = option.partition(" ")
    for number, word in enumerate(words):
        if blank:
            if word == name and words[number + 1 : number + 2] == [wanted]:
                return True
        elif name.endswith("="):
            if word.startswith(name) and word.removeprefix(name).strip("'\"") == "":
                return True
        elif word == name or (word.startswith(f"{name}=") and word.partition("=")[2].lower() not in _NO):
            return True
    return False


def _variable(container: Container, setting: str) -> bool:
    name, equals, wanted = setting.partition("=")
    for variable in container.environment:
        if variable.name.upper() == name and variable.source != "build argument":
            value = variable.value.value
            if value is None:
                return not equals and not variable.value.absent
            return value.strip().lower() == wanted if equals else value.strip().lower() not in _NO
    return False
