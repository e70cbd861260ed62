# Compiles the files it is told to into the private cache. None of them is run. Says which it took itself, as every Python does, to come here.

import sys

early = [module.__spec__ for module in sys.modules.values() if module.__spec__ is not None]
early = [spec.origin for spec in early if spec.cached and spec.origin.endswith(".py")]

import json
import py_compile
import warnings

warnings.simplefilter("ignore")

for source in dict.fromkeys([*early, *json.load(sys.stdin)]):
    try:
        py_compile.compile(source, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    except Exception:
        # What does not compile is an error where it is imported, and what cannot be read is not there.
        pass

json.dump(early, sys.stdout)
