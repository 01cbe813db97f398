"""Which workloads hold data: by image, else by the port that they declare, if something else says the same.

The names are those of the images on Docker Hub and the vendors' registries, the ports the products' defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hullcheck.tuples import NamedTuple

_BY_IMAGE: dict[str, tuple[str, ...]] = {
    "postgres": (
        "postgres",
        "postgresql",
        "postgresql-repmgr",
        "timescaledb",
        "timescaledb-ha",
        "postgis",
        "pgvector",
        "spilo-17",
        "spilo-16",
        "spilo-15",
        "supabase-postgres",
        "cloudnative-pg-postgresql",
    ),
    "mysql": ("mysql", "mysql-server", "mariadb", "mariadb-galera", "percona", "percona-server", "tidb"),
    "mongodb": ("mongo", "mongodb", "mongodb-community-server", "mongodb-sharded", "percona-server-mongodb"),
    "redis": (
        "redis",
        "redis-stack",
        "redis-stack-server",
        "redis-cluster",
        "redis-sentinel",
        "valkey",
        "valkey-cluster",
        "keydb",
        "dragonfly",
    ),
    "memcached": ("memcached",),
    "elasticsearch": ("elasticsearch", "elasticsearch-oss", "opensearch", "solr", "meilisearch", "typesense"),
    "cassandra": ("cassandra", "scylla"),
    "couchdb": ("couchdb",),
    "couchbase": ("couchbase",),
    "neo4j": ("neo4j", "arangodb", "dgraph"),
    "influxdb": ("influxdb",),
    "clickhouse": ("clickhouse", "clickhouse-server"),
    "mssql": ("mssql", "mssql-server", "azure-sql-edge", "mssql-server-linux"),
    "oracle": ("oracle", "oracle-xe", "oracle-free", "oracle-database"),
    "cockroachdb": ("cockroach", "cockroachdb", "yugabyte"),
    "etcd": ("etcd",),
    "zookeeper": ("zookeeper", "cp-zookeeper"),
    "kafka": ("kafka", "cp-kafka", "cp-server", "redpanda"),
    "rabbitmq": ("rabbitmq",),
    "nats": ("nats",),
    "minio": ("minio",),
    "vault": ("vault", "openbao"),
    "consul": ("consul",),
    "qdrant": ("qdrant",),
    "milvus": ("milvus",),
    "weaviate": ("weaviate",),
    "rethinkdb": ("rethinkdb",),
}
_KIND = {image: kind for kind, images in _BY_IMAGE.items() for image in images}
_PATHS = {
    "mssql/server": "mssql",
    "database/express": "oracle",
    "database/enterprise": "oracle",
    "database/free": "oracle",
}

PORTS: dict[int, str] = {
    5432: "postgres",
    3306: "mysql",
    1433: "mssql",
    1521: "oracle",
    27017: "mongodb",
    6379: "redis",
    11211: "memcached",
    9200: "elasticsearch",
    9300: "elasticsearch",
    9042: "cassandra",
    5984: "couchdb",
    7687: "neo4j",
    8086: "influxdb",
    2379: "etcd",
    2181: "zookeeper",
    9092: "kafka",
    5672: "rabbitmq",
    8200: "vault",
}
"""The ports that data stores listen on, with what usually does."""

_OTHERS = (
    "operator",
    "exporter",
    "admin",
    "dashboard",
    "proxy",
    "gateway",
    "console",
    "commander",
    "backup",
    "-ui",
    "ui-",
)
"""Words in the names of images that speak for something in front of a data store."""


class Hints(NamedTuple):
    """What else speaks for what a container is: the words of its name, its variables' names, its program."""

    words: str = ""

    @classmethod
    def of(cls, *texts: str) -> "Hints":
        return cls(" ".join(texts).lower())


_AGREE = {
    "postgres": ("postgres", "pgsql", "psql", "pg_", "timescale"),
    "mysql": ("mysql", "maria", "percona"),
    "mssql": ("mssql", "sqlserver", "sql-server"),
    "mongodb": ("mongo",),
    "redis": ("redis", "valkey", "keydb", "cache"),
    "memcached": ("memcache", "cache"),
    "elasticsearch": ("elastic", "opensearch", "search"),
    "rabbitmq": ("rabbit", "amqp", "broker", "queue"),
    "kafka": ("kafka", "broker"),
    "influxdb": ("influx",),
    "zookeeper": ("zookeeper", "zk"),
}
"""Parts of names and variables that say the same as a port; any kind's own name does, too."""

_ANY_DATABASE = frozenset(("db", "database", "datastore", "sql"))
_CLIENTS = frozenset(
    (
        "psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_isready", "pg_basebackup", "createdb", "mysql", "mysqldump",
        "mysqladmin", "mariadb", "mariadb-dump", "mariadb-admin", "mongo", "mongosh", "mongodump", "mongorestore",
        "mongoimport", "mongoexport", "redis-cli", "valkey-cli", "etcdctl", "cqlsh", "influx", "clickhouse-client",
        "rabbitmqadmin", "rabbitmqctl", "kafka-topics", "kafka-topics.sh", "kafka-console-consumer.sh", "mc", "nats",
        "cypher-shell", "sqlcmd", "vault-init", "wait-for-it.sh", "sleep", "cp", "curl",
    )
)  # fmt: skip
"""Programs that come with an image of a data store, and are none."""


def is_client(words: Sequence[str]) -> bool:
    """Does a command line start a client, or something else that is no server, of a data store's image?"""
    words = list(words)
    while words and words[0].rpartition("/")[2] in ("sh", "bash", "ash") and len(words) > 1:
        if words[1].startswith("-") and "c" in words[1] and len(words) > 2:
            words = _first_command(words[2])
        elif words[1].startswith("-"):
            words = [words[0], *words[2:]]
        else:
            words = words[1:]
    return bool(words) and words[0].rpartition("/")[2] in _CLIENTS


def _first_command(script: str) -> list[str]:
    """The first words of a script that are a command, past what only waits or sets."""
    for line in script[:4096].replace(";", "\n").replace("&&", "\n").splitlines():
        words = line.split()
        while words and (words[0] in ("exec", "until", "while", "if", "!", "time", "do", "then") or "=" in words[0]):
            words = words[1:]
        if words and words[0] not in ("set", "export", "cd", "echo", "#!/bin/sh", "umask", "trap"):
            return words
    return []


def data_store(images: Iterable[str], ports: Iterable[int], more: Iterable[str] = (), hints: Hints = Hints()) -> str:  # noqa: B008
    """Which kind of data store runs there, empty if none. `images` are repositories without registry and tag.

    `more` are names or repositories of images that hold data, too. Of the ports the first counts, and only where
    something else agrees: an application may listen on any, and may well declare, beside its own, one that it connects
    to.
    """
    images = [image.lower() for image in images]
    more = {name.lower() for name in more}
    for image in images:
        last = image.rpartition("/")[2]
        kind = _KIND.get(last) or next((kind for path, kind in _PATHS.items() if image.endswith(path)), "")
        if not kind and more & {image, last}:
            kind = last
        if kind:
            return kind
    if any(word in image for image in images for word in _OTHERS):
        return ""
    kind = PORTS.get(next(iter(ports), 0), "")
    return (
        kind if kind and _agree(kind, " ".join([*(image.rpartition("/")[2] for image in images), hints.words])) else ""
    )


def _agree(kind: str, words: str) -> bool:
    if kind in words or any(part in words for part in _AGREE.get(kind, ())):
        return True
    return not _ANY_DATABASE.isdisjoint(words.replace("-", " ").replace("_", " ").replace(".", " ").split())
