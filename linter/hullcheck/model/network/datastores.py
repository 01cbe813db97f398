"""Which workloads hold data: by image, else by the port that they declare.

The names are those of the images on Docker Hub and the vendors' registries, the ports the products' defaults.
"""

from collections.abc import Iterable

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


def data_store(images: Iterable[str], ports: Iterable[int], more: Iterable[str] = ()) -> str:
    """Which kind of data store runs there, empty if none. `images` are repositories without registry and tag.

    `more` are names or repositories of images that hold data, too. Of the ports the first counts: an application may
    well declare, beside its own, one that it connects to.
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
    return PORTS.get(next(iter(ports), 0), "")
