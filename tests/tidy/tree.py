"""The files a check looks at: text by path relative to the root, from disk or made up by a test."""

import os
import re

SKIPPED_FOLDERS = {".git", ".cache", ".lumenflow", "build", "install", "node_modules", "corpus", "seeds", "__pycache__"}
CODE = (".h", ".cc")


class Tree:
    def __init__(self, files):
        self.files = dict(sorted(files.items()))
        self._plain = {}

    @staticmethod
    def from_disk(root):
        files = {}
        for folder, subfolders, names in os.walk(root):
            subfolders[:] = [name for name in subfolders if name not in SKIPPED_FOLDERS]
            for name in names:
                if name in SKIPPED_FOLDERS:  # a work tree's .git is a file
                    continue
                path = os.path.join(folder, name)
                try:
                    with open(path, encoding="utf-8", newline="") as file:
                        files[os.path.relpath(path, root)] = file.read()
                except (UnicodeDecodeError, OSError):
                    continue  # binary, or a dangling link: nothing a text check could say
        return Tree(files)

    def code(self, *folders):
        """Paths of C++ files, of all folders or of those named."""
        return [path for path in self.files if path.endswith(CODE) and (not folders or path.startswith(folders))]

    def plain(self, path):
        """The text with comments, literals and directives blanked, lines and columns unchanged."""
        if path not in self._plain:
            self._plain[path] = blank_directives(blank_literals(self.files[path]))
        return self._plain[path]


_LITERALS = re.compile(
    r'//(?:\\\n|[^\n])*'  # line comment
    r'|/\*.*?\*/'  # block comment
    r'|R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'",  # a character, not a digit separator
    re.DOTALL,
)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def blank_literals(text):
    return _LITERALS.sub(lambda match: blank(match.group()), text)


def blank_directives(text):
    """Blanks preprocessor lines with their continuations, so that macros do not disturb brace counting."""
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda match: blank(match.group()), text, flags=re.MULTILINE)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def matching(text, start):
    """Offset of the bracket that closes the one at `start`; the end of the text when none does."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
            if depth == 0:
                return at
    return len(text)
