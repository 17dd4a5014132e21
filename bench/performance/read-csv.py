# Seconds that pandas' C reader takes for a CSV file. Usage: python3 read-csv.py FILE
import sys
import time

import pandas

began = time.perf_counter()
pandas.read_csv(sys.argv[1], engine="c")
print(time.perf_counter() - began)
