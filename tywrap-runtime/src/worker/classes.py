# The classes that grants name, and the objects that are held.

ABSTRACT = {"typing", "typing_extensions", "collections.abc"}


class Classes:
    """The classes whose instances a module may give, by the names its grants have for them: where stubs define them."""

    def __init__(self, names, enums):
        self.names, self.enums, self.known = names, enums, {}

    def find(self, name):
        """The class of that name, if it exists at run time and its module is there."""
        module, _, path = name.partition(":")
        if module in ABSTRACT:
            # Stubs name them otherwise than where they are defined.
            module, path = "_collections_abc", "Set" if path == "AbstractSet" else path
            importing(module)
        target = sys.modules.get(module)
        for part in path.split("."):
            target = getattr(target, part, None)
        return target if isinstance(target, type) else None

    def name(self, kind, hint):
        """What the other side knows the instances of a class by."""
        name = self.known.get(kind)
        if name is None:
            found = {}
            for known in self.names:
                found.setdefault(self.find(known), known)
            name = next((found[base] for base in type.mro(kind) if base in found), "")
            if len(self.known) >= 4096:
                # Python makes classes at run time, and what is cached keeps them alive.
                self.known.clear()
            self.known[kind] = name
        # A class that exists in stubs only is what its function says it is.
        if not name and hint and self.find(hint) is None:
            name = hint
        return name or f"{kind.__module__}:{kind.__qualname__}"[:200]


    def is_own(self, kind, hint=None):
        """Whether a class itself has a name here, and not only one that it inherits from. `hint` is a name it may have in stubs only."""
        name = self.name(kind, hint)
        return name in self.names and self.find(name) in (kind, None)

    def member(self, value):
        """The name of the enum that a value is a member of, and what the member is called, if it goes by value."""
        kind = type(value)
        name = self.name(kind, None)
        names = self.enums.get(name) if name in self.names else None
        if names is None or self.find(name) is not kind:
            return None
        known = kind.__members__
        if known.get(value.name) is value and value.name in names:
            return ["enum", name, value.name]
        if not isinstance(value, sys.modules["enum"].Flag):
            return None
        # The single flags that it is made of, if they are all of it.
        parts = [part for part in names if part in known and is_single(known[part].value) and known[part].value & value.value]
        parts = [part for part in parts if known[part].name == part]
        whole = 0
        for part in parts:
            whole |= known[part].value
        return ["enum", name, "|".join(parts)] if parts and whole == value.value else None


def is_single(bits):
    return isinstance(bits, int) and bits > 0 and not bits & bits - 1


def made_member(name, member):
    """The member of an enum. The host has checked both names against the grants."""
    kind = class_of(name)
    made = None
    for part in member.split("|"):
        made = kind.__members__[part] if made is None else made | kind.__members__[part]
    return made


def class_of(name):
    """A class that the host names, whose module is imported where it is one that calls may be made of."""
    kind = handles.classes.find(name)
    module = name.partition(":")[0]
    for granted in () if kind is not None else (module, handles.module):
        if granted in calls.modules:
            importing(granted)
    kind = kind or handles.classes.find(name)
    if kind is None:
        raise AttributeError(f"the class {name!r} does not exist in the installed modules")
    return kind


failures = {}  # What an iterator raised behind items that had to be answered first, by its id. It is held meanwhile.


class Handles:
    """The objects that stay here while the other side holds a handle."""

    def __init__(self):
        self.objects, self.last = {}, 0
        # What the call whose result is being encoded says about classes.
        self.classes, self.hint, self.module = Classes([], {}), None, None
        # The result itself, which alone is of the class that its function says.
        self.result = None

    def of(self, origin):
        """Says what call a value comes of, or goes to."""
        self.classes, self.hint, self.module = origin

    def add(self, value):
        if len(self.objects) >= limits.handles:
            raise Unsupported(f"{len(self.objects)} objects are held, which is `wire.max-handles`; release some")
        self.last += 1
        self.objects[self.last] = value
        return ["handle", self.last, self.classes.name(type(value), self.hint)]

    def release(self, names):
        for name in names:
            failures.pop(id(self.objects.pop(name, None)), None)
