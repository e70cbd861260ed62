# The modules that the benchmarks are about when they are about all: the ones that the whole surface is tested with.
# shellcheck shell=bash disable=SC2034
all=(
  math json datetime collections itertools functools uuid hashlib base64 urllib.parse csv xml.etree.ElementTree numpy pandas scipy
  scipy.stats pydantic fastapi requests statistics re decimal fractions random string textwrap difflib heapq bisect zoneinfo
  ipaddress numpy.linalg numpy.fft numpy.random scipy.optimize scipy.sparse sqlite3 networkx sympy
)
