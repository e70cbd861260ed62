"""Whether Python has what is granted: `python conformance.py < grants`, one line of JSON for each problem.

A grant is `[module, kind, path, signatures]`; a signature is a list of `[name, kind, optional]`. Each must resolve, and
where Python tells a signature, it must take every shape of call that the grant takes.
"""

import functools
import importlib
import inspect
import json
import sys
import warnings

# Stands for every argument: whether a call binds has nothing to do with values.
ARGUMENT = object()
# What an unknown keyword is called; no parameter is.
UNKNOWN = "tywrap_unknown"


@functools.cache
def module_of(name):
    return importlib.import_module(name)


def walk(found, path):
    for part in path.split("."):
        # A `__private` name in a class is not meant to be found from outside.
        found = getattr(found, part)
    return found


def resolve(module, kind, path):
    """The granted thing, and whether a call on an instance has that instance first."""
    if kind in "fa":
        module = module_of(module)
        if kind == "f":
            return walk(module, path), False
        # A constant is read as a whole, and may be of an instance that does not exist as an attribute of the class.
        return walk(module, path), False
    name, _, member = path.rpartition(".")
    where, _, qualified = name.partition(":")
    owner = walk(module_of(where), qualified)
    try:
        static = inspect.getattr_static(owner, member)
    except AttributeError:
        # A variable that each instance has for itself is no attribute of the class, but an annotation of it or of a base.
        if kind in "gs" and any(member in vars(base).get("__annotations__", {}) for base in owner.__mro__):
            return None, False
        raise
    return getattr(owner, member), not isinstance(static, (classmethod, staticmethod))


def shapes(params):
    """Each shape of call: what it is, the number of positional arguments, and the keywords."""
    positional = [p for p in params if p[1] in "pk"]
    required = [p for p in positional if not p[2]]
    named = {p[0] for p in params if p[1] == "o" and not p[2]}
    yield "all required", len(required), named
    for name, kind, optional in params:
        # A keyword that stands behind a required positional-only parameter leaves none of those out.
        if kind in "ko" and optional:
            yield f"keyword `{name}`", len(required), named | {name}
    yield "all by position", len(positional), named
    kinds = {p[1] for p in params}
    if "*" in kinds:
        yield "three more", len(positional) + 3, named
    if "**" in kinds:
        yield "an unknown keyword", len(required), named | {UNKNOWN}


def misfits(found, has_self, signatures):
    """The shapes that Python's signature does not take."""
    try:
        signature = inspect.signature(found)
    except (ValueError, TypeError):
        return
    # `f(a, /, **rest)` takes a keyword `a`, too; `bind` does not know that in every version of Python, if it has that name.
    nameless = [
        parameter.replace(name=f"tywrap_{at}") if parameter.kind == parameter.POSITIONAL_ONLY else parameter
        for at, parameter in enumerate(signature.parameters.values())
    ]
    signature = signature.replace(parameters=nameless)
    for params in signatures:
        for what, count, names in shapes(params):
            try:
                signature.bind(*[ARGUMENT] * (count + has_self), **dict.fromkeys(names, ARGUMENT))
            except TypeError as error:
                yield f"{what}: {error}"


def problems(module, kind, path, signatures):
    try:
        found, has_self = resolve(module, kind, path)
    except Exception as error:  # noqa: BLE001 - whatever importing and looking up may raise is the finding
        yield "missing", f"{type(error).__name__}: {error}"
        return
    if kind in "fm":
        if not callable(found):
            yield "missing", f"it is no callable: {type(found).__name__}"
            return
        for misfit in dict.fromkeys(misfits(found, has_self, signatures)):
            yield "misfit", misfit


def main():
    warnings.simplefilter("ignore")
    told = 0
    for line in sys.stdin:
        module, kind, path, signatures = json.loads(line)
        told += 1
        for problem, what in problems(module, kind, path, signatures):
            print(json.dumps([problem, module, kind, path, what]))
    print(json.dumps(["told", told]))


main()
