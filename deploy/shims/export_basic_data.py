#!/usr/bin/env python3
"""For cron lines that say `python3 export_basic_data.py …`: runs the program export_basic_data beside this file
with the same words, variables and working directory."""

import os
import sys

program = os.path.join(os.path.dirname(os.path.realpath(__file__)), "export_basic_data")
try:
    os.execv(program, [program, *sys.argv[1:]])
except OSError as error:
    sys.exit(f"{program}: {error.strerror}; it belongs beside this file / 该程序应与本文件放在同一目录")
