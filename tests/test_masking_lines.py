"""Only the lines that may hold a command with a credential are read as commands; nothing is lost by that."""

import random

import pytest

from hullcheck.model import masking

LINES = (
    "apiVersion: apps/v1",
    "command:",
    "args:",
    "  args: [",
    'command: ["mysql", "-uroot", "-pWq7-ziper"]',
    "  - redis-cli",
    "  - -a",
    "  - Wq7-ziper",
    '  "htpasswd", "-nbB", "ada", "Wq7-ziper"],',
    "RUN app --admin-password=Wq7-ziper \\",
    "  --other x \\",
    "mysql -h db \\\r",
    "-pWq7-ziper",
    "# the author's path is a pattern of the application",
    "env PGPASSWORD=Wq7-ziper psql",
    "- name: web",
    "  image: nginx:1.27",
    "",
    "curl -u ada:Wq7-ziper http://web/",
    "'sh -c \"redis-cli -a Wq7-ziper ping\"'",
    "docker login -u ada -p Wq7-ziper",
    "Zürich --token Wq7-ziper İstanbul",
    "aws configure set aws_secret_access_key Wq7-ziper",
)


@pytest.mark.parametrize("seed", range(300))
def test_what_is_found_in_the_whole_text_is_found(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    text = chance.choice(("\n", "\n", "\r\n")).join(chance.choices(LINES, k=chance.randint(1, 12)))
    found = set(masking._commands(text))
    monkeypatch.setattr(masking, "_likely", lambda text: [(0, len(text))])
    assert found == set(masking._commands(text)), text


def test_most_of_a_manifest_isnt_read() -> None:
    text = "kind: Deployment\nspec:\n  replicas: 1\n" * 50 + "command: [redis-cli, -a, Wq7-ziper]\n"
    assert sum(end - start for start, end in masking._likely(text)) < 100
