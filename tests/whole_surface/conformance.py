"""Whether Python has what is granted: `python conformance.py < grants`, one line of JSON for each problem.

A grant is `[module, kind, path, signatures]`; a signature is a list of `[name, kind, optional]`. Each must resolve, and
where Python tells a signature, it must take every shape of call that the grant takes. A class is
`[module, "c", name, bases, paths]`; what only stubs have is looked for in its heirs.
"""

import ast
import builtins
import functools
import importlib
import inspect
import json
import sys
import textwrap
import types
import warnings

# Stands for every argument: whether a call binds has nothing to do with values.
ARGUMENT = object()
# What is called on an instance without having it as an argument.
UNBOUND = (classmethod, staticmethod, types.ClassMethodDescriptorType, types.BuiltinFunctionType)
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


# What the worker calls by a function, which makes do with any of these where the class has no such method itself.
STAND_INS = {
    "__bool__": ("__new__",),
    "__contains__": ("__iter__", "__getitem__"),
    "__iter__": ("__getitem__",),
    "__reversed__": ("__len__", "__getitem__"),
}
# Instances of classes that have attributes which only C or a computation sets, and which are then looked for in these.
INSTANCES = {
    "csv:Dialect": "csv.get_dialect('excel')",
    "functools:_lru_cache_wrapper": "functools.lru_cache(abs)",
    "numpy:finfo": "numpy.finfo(float)",
    "numpy:iinfo": "numpy.iinfo(int)",
    "numpy:memmap": "numpy.memmap(tempfile.NamedTemporaryFile(), shape=1)",
    "numpy:vectorize": "numpy.vectorize(abs)",
    "scipy.stats._distribution_infrastructure:ShiftedScaledDistribution": "scipy.stats.Normal() + 1",
    "scipy.stats._distribution_infrastructure:TruncatedDistribution": "scipy.stats.truncate(scipy.stats.Normal(), 0)",
    "scipy.stats._distn_infrastructure:_rv_mixin": "scipy.stats.norm",
}


class Missing(Exception):
    """Python has it not."""


class Unseen(Exception):
    """The class exists in stubs only, and no class that Python has inherits from it."""


class Classes:
    """The classes of a module's grants, and how they inherit as the stubs have it."""

    def __init__(self, module):
        self._module = module
        self._bases = {}
        self._paths = {}

    def add(self, name, bases, paths):
        self._bases[name] = bases
        self._paths[name] = paths

    def find(self, name):
        """The class where the stub defines it, or under the name that the module exports."""
        where, _, qualified = name.partition(":")
        places = [(where, qualified), *((self._module, path) for path in self._paths.get(name, ()))]
        for place, path in places:
            try:
                found = walk(module_of(place), path)
            except (ImportError, AttributeError):
                continue
            if isinstance(found, type):
                return found
        return None

    def having(self, name):
        """The class, or, if there is none at run time, those of its heirs that there are."""
        found = self.find(name)
        if found is not None:
            return [found]
        return self.heirs(name)

    def heirs(self, name):
        heirs = (self.find(heir) for heir, bases in self._bases.items() if name in bases)
        return [heir for heir in heirs if heir is not None]


@functools.cache
def own_variables(owner):
    """What the methods of a class assign to their first parameter, as its source says."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    except (OSError, TypeError, SyntaxError):
        return frozenset()
    assigned = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
    return frozenset(node.attr for node in assigned if isinstance(node.value, ast.Name))


def has_variable(owner, name):
    """A variable that each instance has for itself is no attribute of the class."""
    if any("__getattr__" in vars(base) or "__getattribute__" in vars(base) for base in owner.__mro__[:-1]):
        return True
    return any(
        name in vars(base).get("__annotations__", {}) or name in own_variables(base)
        for base in owner.__mro__
        if base is not object
    )


@functools.cache
def instance(name):
    """An instance of a class, as `INSTANCES` makes one."""
    expression = INSTANCES[name]
    names = {part.id for part in ast.walk(ast.parse(expression)) if isinstance(part, ast.Name)}
    return eval(expression, {name: module_of(name) for name in names if name not in vars(builtins)})


def own(owner, member):
    """What a class has under a name, as it stands in the class or in one that it inherits from."""
    for base in owner.__mro__:
        if member in vars(base):
            return vars(base)[member]
    raise AttributeError(member)


def has(owner, kind, member):
    """Whether the instances of a class have a name."""
    try:
        own(owner, member)
    except AttributeError:
        return kind in "gs" and has_variable(owner, member)
    return True


def resolve(classes, module, kind, path):
    """What is granted, and whether it has the instance as its first argument."""
    if kind in "fa":
        return walk(module_of(module), path), False
    name, _, member = path.rpartition(".")
    owners = classes.having(name)
    if not owners:
        raise Unseen(f"Python has no class {name}, and none that inherits from it")
    for owner in owners:
        try:
            static = own(owner, member)
        except AttributeError:
            continue
        if kind == "m":
            return getattr(owner, member), not isinstance(static, UNBOUND)
        return static, False
    stand_ins = STAND_INS.get(member, ())
    if any(has(owner, kind, other) for owner in owners for other in (member, *stand_ins)):
        return None, False
    if name in INSTANCES and hasattr(instance(name), member):
        return None, False
    # A class may leave it to its heirs.
    heirs = classes.heirs(name)
    if heirs and all(has(heir, kind, member) for heir in heirs):
        return None, False
    raise Missing(f"{owners[0].__module__}.{owners[0].__qualname__} has no attribute {member}")


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


def is_made_up(found):
    """Whether the metaclass of a class shows another signature than the one by which the class is called."""
    return isinstance(found, type) and any("__signature__" in vars(kind) for kind in type(found).__mro__)


def misfits(found, is_method, has_self, signatures):
    """The shapes that Python's signature does not take."""
    if is_made_up(found):
        found, has_self = found.__new__, True
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
        # The first parameter of a method is the instance.
        params = params[is_method:]
        for what, count, names in shapes(params):
            try:
                signature.bind(*[ARGUMENT] * (count + has_self), **dict.fromkeys(names, ARGUMENT))
            except TypeError as error:
                yield f"{what}: {error}"


def problems(classes, module, kind, path, signatures):
    try:
        found, has_self = resolve(classes, module, kind, path)
    except Unseen as error:
        yield "unseen", str(error)
        return
    except Exception as error:  # noqa: BLE001 - whatever importing and looking up may raise is the finding
        yield "missing", f"{type(error).__name__}: {error}"
        return
    if kind in "fm" and found is not None:
        if not callable(found):
            yield "missing", f"it is no callable: {type(found).__name__}"
            return
        for misfit in dict.fromkeys(misfits(found, kind == "m", has_self, signatures)):
            yield "misfit", misfit


def main():
    warnings.simplefilter("ignore")
    classes, grants = {}, []
    for line in sys.stdin:
        module, kind, path, *rest = json.loads(line)
        known = classes.setdefault(module, Classes(module))
        if kind == "c":
            known.add(path, *rest)
        else:
            grants.append((module, kind, path, *rest))
    for module, kind, path, signatures in grants:
        for problem, what in problems(classes[module], module, kind, path, signatures):
            # A class that is not there has no members either.
            path = path.rpartition(".")[0] if problem == "unseen" else path
            print(json.dumps([problem, module, kind, path, what]))
    print(json.dumps(["told", len(grants)]))


main()
