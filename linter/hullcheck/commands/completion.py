"""`hullcheck completion`: what a shell needs to complete command lines, and, asked by it, what a word can become.

The scripts know nothing: they ask the program that is typed, so that it is always its own options that are offered.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType

from hullcheck.commands import COMMANDS
from hullcheck.deferred import imported
from hullcheck.tuples import NamedTuple

BASH = r"""# hullcheck: completion for bash
_hullcheck() {
  local line mode='' current="${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    if [ -z "$mode" ]; then mode=$line; else COMPREPLY+=("${line%%$'\t'*}"); fi
  done < <("${COMP_WORDS[0]}" completion words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case $current in '=' | ':') current='' ;; esac
  local kind='-f'
  case $mode in
    words) return ;;
    folders) kind='-d' ;;
  esac
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$kind" -- "$current")
}
complete -F _hullcheck hullcheck
"""

ZSH = r"""#compdef hullcheck
# hullcheck: completion for zsh
_hullcheck() {
  local -a lines found
  local line mode
  lines=("${(@f)$("${words[1]}" completion words "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  mode=$lines[1]
  for line in "${(@)lines[2,-1]}"; do
    [[ -n $line ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  (( $#found )) && _describe 'hullcheck' found
  [[ $mode == words ]] && return
  compset -P '*[=:]'
  if [[ $mode == folders ]]; then _files -/; else _files; fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _hullcheck "$@"; else compdef _hullcheck hullcheck; fi
"""

FISH = r"""# hullcheck: completion for fish
function __hullcheck_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l program $before[1]
    set -e before[1]
    set -l lines ($program completion words $before "$current" 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current"
    end
    set -e lines[1]
    test (count $lines) -gt 0; and printf '%s\n' $lines
end
complete -c hullcheck -f -a '(__hullcheck_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}

_FILES, _FOLDERS, _WORDS = "files", "folders", "words"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=(*SCRIPTS, "words"), help="the shell; `words` is what its script asks")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="WORD", help="the words so far, without the program")


def run(options: argparse.Namespace) -> int:
    if options.shell in SCRIPTS:
        sys.stdout.write(SCRIPTS[options.shell])
        return 0
    found = complete(options.words or [""])
    print(found.mode)
    for word, what in found.words:
        print(f"{word}\t{what}")
    return 0


class Found(NamedTuple):
    """What a word can become: the words, each with what it is, and by its mode files or folders besides."""

    mode: str
    words: tuple[tuple[str, str], ...] = ()


def complete(words: list[str]) -> Found:
    """What the last of the words can become. Some shells take `=` and `:` for words of their own."""
    *before, current = words
    if current in ("=", ":"):
        before, current = words, ""
    command = next(iter(before), "")
    if command not in COMMANDS:
        command = "check"
    if not before and not current.startswith("-"):
        return Found(_FILES, tuple(_starting(COMMANDS.items(), current)))
    module: ModuleType = imported(f"hullcheck.commands.{command}")
    parser = argparse.ArgumentParser(add_help=False)
    module.add(parser)
    lead, action, typed = _asked(parser, before, current)
    if action is None and current.startswith("-"):
        names = ((name, one) for one in parser._actions for name in one.option_strings if name.startswith("--"))
        return Found(_WORDS, tuple(_starting(((name, _said(one)) for name, one in names), current)))
    if action is None:
        number = sum(1 for word in before if not word.startswith("-")) - (before[:1] == [command])
        rest = [one for one in parser._actions if not one.option_strings]
        action = rest[min(number, len(rest) - 1)] if rest and number >= 0 else None
    if action is None:
        return Found(_WORDS)
    found = _values(action, module, typed)
    return found._replace(words=tuple((f"{lead}{word}", what) for word, what in found.words))


def _asked(parser: argparse.ArgumentParser, before: list[str], current: str) -> tuple[str, argparse.Action | None, str]:
    """The option whose value is being written, what stands before the value in its word, and what there is of it."""
    actions = {name: one for one in parser._actions for name in one.option_strings}
    name, equals, value = current.partition("=")
    if equals and name in actions:
        return f"{name}=", actions[name], value
    if before[-1:] == [":"] and len(before) > 2:  # of `sarif:out.sarif`, in a shell that splits it
        before, current = before[:-2], f"{before[-2]}:{current}"
    if before[-1:] == ["="]:
        before = before[:-1]
    action = actions.get(before[-1]) if before else None
    return "", action if action is not None and action.nargs != 0 else None, current


def _values(action: argparse.Action, module: ModuleType, typed: str) -> Found:
    if action.choices is not None:
        return Found(_WORDS, tuple(_starting(((str(choice), "") for choice in action.choices), typed)))
    if action.dest == "output_format":
        name, colon, _ = typed.partition(":")
        formats = getattr(module, "ALL", None) or module.FORMATS
        return Found(_FILES) if colon and name in formats else Found(_WORDS, tuple(_starting(_plain(formats), typed)))
    if action.dest in ("select", "ignore", "name"):
        done, comma, word = typed.rpartition(",")
        return Found(_WORDS, tuple((f"{done}{comma}{name}", what) for name, what in _starting(_checks(), word)))
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    return Found({"FILE": _FILES, "PATH": _FILES, "DIR": _FOLDERS}.get(metavar, _WORDS))


def _plain(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((word, "") for word in words)


def _checks() -> Iterator[tuple[str, str]]:
    from hullcheck.commands.common import registry

    return ((entry.name, f"{entry.concern}, {entry.severity}") for entry in registry().entries.values())


def _starting(words: Iterable[tuple[str, str]], typed: str) -> Iterator[tuple[str, str]]:
    return ((word, what) for word, what in words if word.startswith(typed))


def _said(action: argparse.Action) -> str:
    return " ".join((action.help or "").replace("%(default)s", str(action.default)).split())
