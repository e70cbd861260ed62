# Compiles the files it is told to into the private cache. None of them is run.

import json
import py_compile
import sys
import warnings

warnings.simplefilter("ignore")

for source in json.load(sys.stdin):
    try:
        py_compile.compile(source, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    except Exception:
        # What does not compile is an error where it is imported, and what cannot be read is not there.
        pass
