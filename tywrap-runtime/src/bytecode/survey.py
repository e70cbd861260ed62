# Imports what workers will import, and says which files that took. Whatever runs here is confined as it is in a worker.

import json
import os
import sys

# What a module prints is not the answer.
answer = os.dup(1)
os.dup2(2, 1)

asked = json.load(sys.stdin)
sys.path += asked["site"]


def named(source):
    """The modules of the standard library that a program names anywhere, also where it comes to that later."""
    import ast

    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name for name in names if name in sys.stdlib_module_names)


for name in [*named(asked["worker"]), *asked["modules"]]:
    try:
        __import__(name)
    except BaseException:
        # A call will say so, to whoever asks for it.
        pass

sources = set()
for module in list(sys.modules.values()):
    try:
        spec = module.__spec__
        if spec.cached and spec.origin.endswith(".py"):
            sources.add(spec.origin)
    except Exception:
        # A module may be anything, and a frozen one has no file.
        pass

text = json.dumps(sorted(sources)).encode()
while text:
    text = text[os.write(answer, text) :]
os._exit(0)
