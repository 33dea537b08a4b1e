"""Completion in a shell: a script for each, made of the parsers of the command line and of the rules there are."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from conformance.handbook import PAGES
from conformance.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["SHELLS", "script"]


@dataclass(frozen=True, slots=True)
class _Value:
    """What can stand at a place: a word or a list of some, `word=FILE`, a file, a revision of git."""

    kind: Literal["word", "list", "word=file", "file", "revision", "anything"]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Option:
    names: tuple[str, ...]
    help: str
    value: _Value | None


@dataclass(frozen=True, slots=True)
class _Command:
    name: str
    help: str
    options: tuple[_Option, ...]
    argument: _Value | None


def script(shell: str, commands: Mapping[str, argparse.ArgumentParser]) -> str:
    """Return the script of a shell.

    Args:
        shell: one of `SHELLS`.
        commands: the parser of each command; an argument that takes a few words has them as its `words`.
    """
    described = [_command(name, parser) for name, parser in commands.items()]
    return "".join(f"{line}\n" for line in SHELLS[shell](described))


def _command(name: str, parser: argparse.ArgumentParser) -> _Command:
    actions = parser._actions
    options = [
        _Option(
            tuple(each.option_strings),
            each.help or "",
            None if each.nargs == 0 else _value(each),
        )
        for each in actions
        if each.option_strings
    ]
    arguments = [_value(each) for each in actions if not each.option_strings]
    return _Command(name, parser.description or "", tuple(options), arguments[0] if arguments else None)


def _value(action: argparse.Action) -> _Value:
    words: tuple[str, ...] = getattr(action, "words", ())
    rules = tuple(word for rule in all_rules() for word in (rule.id, rule.name))
    families = ("ALL", *dict.fromkeys(rule.id[:2] for rule in all_rules()))
    match action.metavar:
        case "RULES":
            return _Value("list", (*families, *rules))
        case "RULE":
            return _Value("word", (*families, *rules))
        case "PAGE":
            return _Value("word", tuple(PAGES))
        case "REV":
            return _Value("revision")
        case "FORMAT=FILE":
            return _Value("word=file", words)
        case "FILE" | "FOLDER" | "PATH" | "FILE|SETTING":
            return _Value("file")
        case _ if words:
            return _Value("word", words)
        case _:
            return _Value("anything")


_REVISIONS: Final = "git for-each-ref --format='%(refname:short)' 2>/dev/null"


# --- bash ----------------------------------------------------------------------------------------------------------


def _bash(commands: Sequence[_Command]) -> Iterator[str]:
    yield _BASH_HELPERS.strip("\n")
    yield "_conformance() {"
    yield "    local current option command"
    yield "    _conformance_position"
    yield '    case "$command $option" in'
    yield f'        " "*) _conformance_words "{" ".join(each.name for each in commands)} --help --version" ;;'
    for command in commands:
        for option in command.options:
            if option.value is not None:
                names = "|".join(f'"{command.name} {name}"' for name in option.names)
                yield f"        {names}) {_bash_value(option.value)} ;;"
        options = " ".join(name for option in command.options for name in option.names if name.startswith("--"))
        argument = _bash_value(command.argument) if command.argument else ":"
        yield f'        "{command.name} "*)'
        yield f'            if [[ $current == -* ]]; then _conformance_words "{options}"; else {argument}; fi ;;'
    yield "    esac"
    yield "}"
    yield "complete -F _conformance conformance"


def _bash_value(value: _Value) -> str:
    match value.kind:
        case "word":
            return f'_conformance_words "{" ".join(value.words)}"'
        case "list":
            return f'_conformance_list "{" ".join(value.words)}"'
        case "word=file":
            return f'_conformance_before_a_file "{" ".join(value.words)}"'
        case "file":
            return "_conformance_files"
        case "revision":
            return f'_conformance_words "HEAD $({_REVISIONS})"'
        case "anything":
            return ":"


_BASH_HELPERS: Final = r"""
# Completion of `conformance` in bash: source <(conformance completion bash)
_conformance_position() {  # which command it is, what is there of the word, and the option that wants it
    local number word
    current=${COMP_WORDS[COMP_CWORD]} option='' command=''
    for ((number = 1; number < COMP_CWORD; number++)); do
        word=${COMP_WORDS[number]}
        if [[ $word != -* ]]; then command=$word; break; fi
    done
    number=$((COMP_CWORD - 1)) word=''
    if [[ $current == '=' ]]; then current='' word='='
    elif [[ ${COMP_WORDS[number]} == '=' ]]; then word='='; ((number--)); fi
    if [[ -z $command ]]; then return; fi
    if [[ ${COMP_WORDS[number]} == -* ]]; then option=${COMP_WORDS[number]}; else option=$word; fi
}
_conformance_words() {  # words, what stands before each
    local word
    COMPREPLY=()
    for word in $1; do
        if [[ $word == "$current"* ]]; then printf -v word %q "$word"; COMPREPLY+=("$2$word"); fi
    done
}
_conformance_list() {
    local before=''
    if [[ $current == *,* ]]; then before=${current%,*},; fi
    current=${current#"$before"}
    _conformance_words "$1" "$before"
}
_conformance_before_a_file() {
    local word words=''
    for word in $1; do words+="$word= "; done
    compopt -o nospace 2>/dev/null
    COMPREPLY=()
    for word in $words; do
        if [[ $word == "$current"* ]]; then COMPREPLY+=("$word"); fi
    done
}
_conformance_files() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$current"))
}
"""


# --- zsh -----------------------------------------------------------------------------------------------------------


def _zsh(commands: Sequence[_Command]) -> Iterator[str]:
    yield "#compdef conformance"
    yield "# Completion of `conformance` in zsh: source <(conformance completion zsh), or as `_conformance` in $fpath"
    yield "_conformance() {"
    yield "    local context state state_descr line curcontext=$curcontext"
    yield "    typeset -A opt_args"
    yield "    _arguments -C '(- *)'{-h,--help}'[show the help]' '(- *)'{-V,--version}'[print the version]' \\"
    yield "        '1: :->command' '*:: :->rest'"
    yield "    case $state in"
    described = " ".join(_quoted(f"{each.name}:{each.help}") for each in commands)
    yield f"    command) local -a commands=({described}); _describe command commands ;;"
    yield "    rest)"
    yield "        case $words[1] in"
    for command in commands:
        yield f"        {command.name})"
        specifications = [_zsh_option(option) for option in command.options]
        if command.argument is not None:
            specifications.append(_quoted(f"*: :{_zsh_value(command.argument)}"))
        yield "            _arguments -s -S \\"
        yield " \\\n".join(f"                {each}" for each in specifications) + " ;;"
    yield "        esac ;;"
    yield "    esac"
    yield "}"
    yield "_conformance_revisions() {"
    yield f'    local -a revisions=(HEAD ${{(f)"$({_REVISIONS})"}})'
    yield "    compadd -a revisions"
    yield "}"
    yield "_conformance_reports() {"
    yield "    if compset -P '*='; then _files; else compadd -S = -- \"$@\"; fi"
    yield "}"
    yield 'if [[ "$funcstack[1]" == _conformance ]]; then _conformance "$@"; else compdef _conformance conformance; fi'


def _zsh_option(option: _Option) -> str:
    shown = re.sub(r"([\[\]:\\])", r"\\\1", option.help)
    value = f": :{_zsh_value(option.value)}" if option.value else ""
    names = [f"{name}{'' if option.value is None else '=' if name.startswith('--') else '+'}" for name in option.names]
    return " ".join(_quoted(f"*{name}[{shown}]{value}") for name in names)


def _zsh_value(value: _Value) -> str:
    words = " ".join(value.words)
    match value.kind:
        case "word":
            return f"({words})"
        case "list":
            return f"_sequence compadd - {words}"
        case "word=file":
            return f"_conformance_reports {words}"
        case "file":
            return "_files"
        case "revision":
            return "_conformance_revisions"
        case "anything":
            return ""


# --- fish ----------------------------------------------------------------------------------------------------------


def _fish(commands: Sequence[_Command]) -> Iterator[str]:
    yield "# Completion of `conformance` in fish: conformance completion fish | source"
    yield "complete -c conformance -f"
    yield "complete -c conformance -n __fish_use_subcommand -s h -l help -d 'show the help'"
    yield "complete -c conformance -n __fish_use_subcommand -s V -l version -d 'print the version'"
    for command in commands:
        yield f"complete -c conformance -n __fish_use_subcommand -a {command.name} -d {_quoted(command.help)}"
    for command in commands:
        where = f"complete -c conformance -n '__fish_seen_subcommand_from {command.name}'"
        for option in command.options:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            value = _fish_value(option.value, "-x -a") if option.value else ""
            yield f"{where} {names} -d {_quoted(option.help)} {value}".rstrip()
        if command.argument is not None:
            yield f"{where} {_fish_value(command.argument, '-a')}"


def _fish_value(value: _Value, words_by: str) -> str:
    words = " ".join(value.words)
    match value.kind:
        case "word":
            return f"{words_by} {_quoted(words)}"
        case "list":
            return f"{words_by} {_quoted(f'(__fish_append , {words})')}"
        case "word=file":
            return f"{words_by} {_quoted(' '.join(f'{word}=' for word in value.words))}"
        case "file":
            return "-r -F" if "-x" in words_by else "-F"
        case "revision":
            return f"{words_by} {_quoted(f'HEAD ({_REVISIONS})')}"
        case "anything":
            return "-x" if "-x" in words_by else ""


def _quoted(text: str) -> str:
    """Return the text in single quotes, as these three shells read it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "'\\''") + "'"


SHELLS: Final[Mapping[str, Callable[[Sequence[_Command]], Iterator[str]]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
"""The shells, and what writes the script of each."""
