"""Compose projects by name, as files: those that Compose accepts, and those that it refuses.

The files that are laid over one another start with `compose` or a number; the others are taken in by them.
"""

CASES: dict[str, dict[str, str]] = {
    "yaml scalars": {
        "compose.yaml": """
services:
  web:
    image: !!str 1
    environment:
      A: 010
      B: 0x1F
      C: 1_000
      D: 1e3
      E: .5
      F: 'yes'
      G: yes
      H: ~
      I: 0o17
      J: 1.0
      K: 1e21
      L: 0.00001
      M: -0
      N: +5
      O: "0b11"
      P: 08
      Q: True
      R: 12345678901234567890
    ports: [22:22, 3000]
    labels: {n: 1.50, b: false}
    extra_hosts: {a: 1.1.1.1}
""",
    },
    "anchors and merge keys": {
        "compose.yaml": """
x-one: &one {image: a, environment: &env {A: 1, B: 2}}
x-two: &two {image: b, user: "5"}
services:
  web: &web
    <<: [*one, *two]
    environment:
      <<: *env
      B: 3
  same: *web
  other:
    <<: *web
    image: c
""",
    },
    "several documents": {
        "compose.yaml": """
services:
  web: {image: a, ports: ["80:80"], environment: [A=1]}
---
services:
  web: {ports: ["81:81"], environment: {A: 2, B: 3}}
---
services:
  web: {environment: !reset null}
""",
    },
    "defaults of variables": {
        "compose.yaml": """
services:
  web:
    image: ${IMAGE:-nginx:${TAG:-1}}
    user: ${U-5}
    command: ["$$HOME", "${A:-a:b}", "${B:-{}}", "${C-x}${D-y}", "$(date)", "$1"]
    privileged: ${P:-yes}
    ports: ["${H:-127.0.0.1}:${Q:-80}:80"]
    volumes: ["${S:-./data}:/data:${M:-ro}"]
    environment: {X: "${Y:-}", Z: "a${W:-b}c"}
""",
    },
    "override by field": {
        "1.yaml": """
services:
  web:
    image: a
    command: one
    entrypoint: [x]
    volumes: [./a:/x, data:/y, /z]
    ports: ["80:80", "127.0.0.1:81:81"]
    env_file: a.env
    dns: 1.1.1.1
    cap_add: [NET_ADMIN]
    depends_on: [db]
    networks: [front]
    healthcheck: {test: one, interval: 5s}
    logging: {driver: json-file, options: {a: "1", b: "2"}}
    extra_hosts: ["a:1.1.1.1"]
    deploy: {labels: {a: 1}, resources: {limits: {memory: 1g}}}
    ulimits: {nofile: 5}
    secrets: [s]
    configs: [c]
    devices: ["/dev/a:/dev/x"]
    build: ./one
  db: {image: db}
networks:
  front: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}]}, labels: {a: 1}}
  back:
volumes: {data: {}}
secrets: {s: {file: a}, t: {environment: T}}
configs: {c: {file: b}}
""",
        "2.yaml": """
services:
  web:
    image: b
    command: [two]
    entrypoint:
    volumes: [./b:/x/, {type: tmpfs, target: /y}]
    ports: ["80:80", "82:81", {target: 81, published: "81", host_ip: 127.0.0.1, mode: host}]
    env_file: [b.env, {path: c.env, required: false}]
    dns: [8.8.8.8, 1.1.1.1]
    cap_add: [SYS_ADMIN, NET_ADMIN]
    depends_on: {db: {condition: service_healthy}}
    networks: {back: {aliases: [w]}, front: {priority: 3}}
    healthcheck: {test: [CMD, two]}
    logging: {options: {b: "3"}}
    extra_hosts: {a: 2.2.2.2, b: ["1.1.1.1", "3.3.3.3"]}
    deploy: {labels: [b=2], resources: {limits: {cpus: "1"}}}
    ulimits: {nofile: {soft: 1, hard: 2}}
    secrets: [{source: t, target: /run/secrets/s}]
    configs: [{source: c, target: /c, mode: 0400}]
    devices: ["/dev/b:/dev/x:r"]
    build: {dockerfile: Two, args: [A=1]}
networks:
  front: {ipam: {config: [{subnet: 10.0.0.0/24, ip_range: 10.0.0.0/25}, {subnet: 10.1.0.0/24}]}, labels: [b=2]}
""",
        "a.env": "A=1\nB=2\n",
        "b.env": "B=3\n",
    },
    "reset and override": {
        "1.yaml": """
services:
  web:
    image: a
    ports: ["80:80"]
    environment: {A: 1, B: 2}
    command: one
    volumes: [/var/run/docker.sock:/var/run/docker.sock]
    cap_add: [ALL]
    build: {context: ., args: {X: 1}}
  gone: {image: b}
""",
        "2.yaml": """
services:
  web:
    ports: !override ["127.0.0.1:80:80"]
    environment: {A: !reset null, C: 3}
    command: !reset null
    volumes: ["./fake:/var/run/docker.sock"]
    cap_add: !reset []
    build: {args: !override {Y: 2}}
  gone: !reset {}
""",
    },
    "extends": {
        "compose.yaml": """
services:
  base: {image: a, environment: {A: 1}, ports: ["80:80"], cap_add: [ALL]}
  web: {extends: base, environment: {A: 2, B: 3}, privileged: true}
  far:
    extends: {file: sub/common.yml, service: app}
    volumes: [./own:/own]
  chain: {extends: {service: far}, command: x}
""",
        "sub/common.yml": """
services:
  app:
    extends: {file: ../deep/base.yml, service: root}
    build: {context: ., dockerfile: ../D}
    volumes: [./data:/data, ../up:/up, named:/n]
    env_file: app.env
  unused: {image: x}
""",
        "deep/base.yml": "services: {root: {user: '5', volumes: [./here:/here], build: {context: ./ctx}}}",
        "sub/app.env": "K=v\n",
        "2.yaml": "volumes: {named: {}}",
    },
    "include": {
        "compose.yaml": """
include:
  - one/compose.yaml
  - path: [two/a.yaml, two/b.yaml]
    project_directory: two/dir
services:
  web: {image: a, depends_on: [db]}
""",
        "one/compose.yaml": """
include: [../three.yaml]
services: {db: {image: "db:${TAG:-1}", volumes: [./data:/data], build: .}}
networks: {n: {}}
""",
        "one/.env": "TAG=2\n",
        "two/a.yaml": "services: {cache: {image: c, volumes: [./x:/x], networks: [n]}}",
        "two/b.yaml": "services: {cache: {image: d}}",
        "two/dir/here.txt": "",
        "three.yaml": "services: {third: {image: t, volumes: ['./t:/t']}}",
    },
    "include with files of variables": {
        "compose.yaml": """
include:
  - {path: one/a.yaml, env_file: [x.env, y.env]}
  - {path: two/b.yaml, env_file: x.env}
services: {top: {image: "top:${T:-0}"}}
""",
        "one/a.yaml": "services: {a: {image: 'a:${T}', hostname: '${U:-u}', environment: [T]}}",
        "two/b.yaml": "services: {b: {image: 'b:${T}', hostname: '${OWN:-none}'}}",
        "x.env": "T=1\nU=${T}x\n",
        "y.env": "T=2\nV=${U}\n",
        "two/.env": "OWN=unread\n",
    },
    "dotenv": {
        "compose.yaml": "services: {web: {image: 'a:${TAG}', environment: [TAG, 'Q=${QUOTED}'], ports: ['${PORT}:80']}}",
        ".env": '# x\nTAG=1.2 # tail\nexport PORT=\'8080\'\nQUOTED="a\\n\\"b\\" ${TAG}"\nCOMPOSE_PROJECT_NAME=other\n',
    },
    "long ranges and tricky ports": {
        "compose.yaml": """
services:
  web:
    image: a
    ports: ["3000-3400:3000-3400", "8-12:8-12", "7000-7009:70", "[::1]:60:61", "99:99/SCTP"]
""",
    },
    "namespaces and implied dependencies": {
        "compose.yaml": """
services:
  a: {image: a}
  b: {image: b, network_mode: "service:a", ipc: "service:a", volumes_from: [d, "container:e"]}
  c: {image: c, links: [a, "b:x"], networks: {default: {aliases: [z]}}}
  d: {image: d, network_mode: none}
  e: {provider: {type: model, options: {a: [1, 2], b: x}}}
""",
    },
    "external resources": {
        "compose.yaml": """
name: Named_Project
services:
  web: {image: a, networks: [out, own], volumes: [ext:/x, bound:/y], secrets: [s], configs: [c]}
networks:
  out: {external: true, name: host}
  own: {driver: bridge, internal: true, driver_opts: {a: 1, b: x}}
volumes:
  ext: {external: {name: other}}
  bound: {driver: local, driver_opts: {type: none, o: bind, device: ./here}}
secrets: {s: {external: true}}
configs: {c: {content: "a\\nb"}}
""",
    },
    "hooks, models and the rest": {
        "compose.yaml": """
services:
  web:
    image: a
    post_start: [{command: ./x.sh a, user: root, privileged: true, environment: [A=1]}]
    pre_stop: [{command: [x], working_dir: /w}]
    models: [llm]
    gpus: all
    develop: {watch: [{path: ./src, action: sync, target: /app, ignore: a}, {path: x, action: rebuild}]}
    blkio_config: {weight: 300, device_read_bps: [{path: /dev/a, rate: 1mb}]}
    credential_spec: {file: x.json}
    deploy:
      mode: replicated
      placement: {constraints: [a], preferences: [{spread: b}], max_replicas_per_node: 2}
      resources: {reservations: {devices: [{capabilities: [gpu]}, {capabilities: [a], count: 2}]}}
      update_config: {parallelism: 0, delay: 5s, order: start-first, max_failure_ratio: 0.1}
    storage_opt: {size: 1G}
    mac_address: 02:42:ac:11:65:43
    pull_policy: if_not_present
    use_api_socket: true
    volumes: [{type: image, source: img, target: /i, image: {subpath: s}}, {type: npipe, source: '\\\\.\\pipe\\x', target: /p}]
    tty: on
    scale: 2
    attach: false
models: {llm: {model: ai/x, context_size: 10}}
""",
    },
    "odd but right": {
        "compose.yaml": """
version: "3.8"
services:
  web: {image: a, command: [], entrypoint: "", environment: {}, ports: [], dns: [""], volumes: []}
  W.eb-2_x: {image: b, networks: {}, deploy: {}, healthcheck: {}, ulimits: {nofile: 0}}
networks: {}
""",
    },
}

REFUSED: dict[str, dict[str, str]] = {
    "unknown key": {"compose.yaml": "services: {web: {image: a, privilged: true}}"},
    "unknown key at the top": {"compose.yaml": "service: {web: {image: a}}\nservices: {}"},
    "wrong type": {"compose.yaml": "services: {web: {image: a, user: 1000}}"},
    "list for mapping": {"compose.yaml": "services: {web: {image: a, deploy: []}}"},
    "null service": {"compose.yaml": "services: {web: }"},
    "service as text": {"compose.yaml": "services: {web: nginx}"},
    "services as list": {"compose.yaml": "services: [web]"},
    "no image": {"compose.yaml": "services: {web: {command: x}}"},
    "undefined network": {"compose.yaml": "services: {web: {image: a, networks: [x]}}"},
    "undefined volume": {"compose.yaml": "services: {web: {image: a, volumes: ['vol:/x']}}"},
    "undefined secret": {"compose.yaml": "services: {web: {image: a, secrets: [x]}}"},
    "undefined config": {"compose.yaml": "services: {web: {image: a, configs: [x]}}"},
    "undefined dependency": {"compose.yaml": "services: {web: {image: a, depends_on: [x]}}"},
    "undefined namespace": {"compose.yaml": "services: {web: {image: a, network_mode: 'service:x'}}"},
    "network_mode and networks": {
        "compose.yaml": "services: {web: {image: a, network_mode: host, networks: [n]}}\nnetworks: {n: }"
    },
    "circle of dependencies": {
        "compose.yaml": "services: {a: {image: a, depends_on: [b]}, b: {image: b, depends_on: [a]}}"
    },
    "circle of extends": {"compose.yaml": "services: {a: {image: a, extends: b}, b: {extends: a}}"},
    "extends nothing": {"compose.yaml": "services: {a: {image: a, extends: nowhere}}"},
    "extends no file": {"compose.yaml": "services: {a: {image: a, extends: {file: no.yaml, service: x}}}"},
    "include no file": {"compose.yaml": "include: [no.yaml]\nservices: {a: {image: a}}"},
    "circle of includes": {
        "compose.yaml": "include: [other.yaml]\nservices: {a: {image: a}}",
        "other.yaml": "include: [compose.yaml]\nservices: {b: {image: b}}",
    },
    "include conflict": {
        "compose.yaml": "include: [other.yaml]\nservices: {a: {image: a}}",
        "other.yaml": "services: {a: {image: b}}",
    },
    "duplicate key": {"compose.yaml": "services: {web: {image: a, image: b}}"},
    "two merges": {"compose.yaml": "x-a: &a {A: b}\nservices: {web: {image: a, environment: {<<: *a, <<: {C: d}}}}"},
    "merged list": {"compose.yaml": "x-a: &a [A=b]\nservices: {web: {image: a, environment: {<<: *a}}}"},
    "merged text": {"compose.yaml": "services: {web: {image: a, labels: {<<: b}}}"},
    "merged null": {"compose.yaml": "x-a: &a\nservices: {web: {<<: *a, image: a}}"},
    "merged list of a list": {"compose.yaml": "x-a: &a {A: b}\nservices: {web: {image: a, environment: {<<: [[*a]]}}}"},
    "merge of nothing used": {"compose.yaml": "x-a: {<<: b}\nservices: {web: {image: a}}"},
    "distinct memory limits": {
        "compose.yaml": "services: {a: {image: a, mem_limit: 1g, deploy: {resources: {limits: {memory: 2g}}}}}"
    },
    "distinct scales": {"compose.yaml": "services: {a: {image: a, scale: 2, deploy: {replicas: 3}}}"},
    "scaled with a name": {"compose.yaml": "services: {a: {image: a, scale: 2, container_name: x}}"},
    "same security_opt in two files": {
        "1.yaml": "services: {a: {image: a, security_opt: [x:y]}}",
        "2.yaml": "services: {a: {security_opt: [x:y]}}",
    },
    "boolean that is none": {"compose.yaml": "services: {a: {image: a, privileged: maybe}}"},
    "size that is none": {"compose.yaml": "services: {a: {image: a, mem_limit: lots}}"},
    "duration that is none": {"compose.yaml": "services: {a: {image: a, stop_grace_period: '5'}}"},
    "port that is none": {"compose.yaml": "services: {a: {image: a, ports: ['x:80']}}"},
    "port out of range": {"compose.yaml": "services: {a: {image: a, ports: ['80:65536']}}"},
    "ranges that differ": {"compose.yaml": "services: {a: {image: a, ports: ['80-82:80-81']}}"},
    "address that is none": {"compose.yaml": "services: {a: {image: a, ports: ['1.2.3:80:80']}}"},
    "volume with too many colons": {"compose.yaml": "services: {a: {image: a, volumes: ['/a:/b:ro:z']}}"},
    "volume with an empty part": {"compose.yaml": "services: {a: {image: a, volumes: [':/b']}}"},
    "volume without a type": {"compose.yaml": "services: {a: {image: a, volumes: [{source: /a, target: /b}]}}"},
    "one target twice": {"compose.yaml": "services: {a: {image: a, tmpfs: /x, volumes: ['/a:/x']}}"},
    "bad interpolation": {"compose.yaml": "services: {a: {image: 'a:${'}}"},
    "dockerfile twice": {
        "compose.yaml": "services: {a: {build: {context: ., dockerfile: D, dockerfile_inline: FROM x}}}"
    },
    "secret from nowhere": {"compose.yaml": "services: {a: {image: a}}\nsecrets: {s: {}}"},
    "external volume with a driver": {
        "compose.yaml": "services: {a: {image: a, volumes: ['v:/v']}}\nvolumes: {v: {external: true, driver: x}}"
    },
    "health check without a kind": {"compose.yaml": "services: {a: {image: a, healthcheck: {test: [curl, x]}}}"},
    "condition that is none": {
        "compose.yaml": "services: {a: {image: a, depends_on: {b: {condition: up}}}, b: {image: b}}"
    },
    "list over mapping": {
        "1.yaml": "services: {a: {image: a, healthcheck: {test: x}}}",
        "2.yaml": "services: {a: {healthcheck: []}}",
    },
    "bad host": {"compose.yaml": "services: {a: {image: a, extra_hosts: [nohost]}}"},
    "unclosed command": {"compose.yaml": 'services: {a: {image: a, command: "echo \'x"}}'},
    "null volumes": {"compose.yaml": "services: {a: {image: a}}\nvolumes:"},
    "null labels": {"compose.yaml": "services: {a: {image: a, labels: }}"},
    "boolean driver option": {
        "compose.yaml": "services: {a: {image: a, networks: [n]}}\nnetworks: {n: {driver_opts: {x: true}}}"
    },
    "address without brackets": {"compose.yaml": "services: {a: {image: a, ports: ['::90:91']}}"},
    "top level list": {"compose.yaml": "- a\n"},
}
