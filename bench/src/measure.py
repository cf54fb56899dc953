"""Runs a program and says what it took: measure.py RESULT PROGRAM ARGUMENT...

RESULT becomes a JSON file: exit code, wall seconds, CPU seconds (user and sys, of all its threads), and the
largest resident memory in bytes: as the kernel counted it, and without mapped files (sampled every 25 ms).
"""

import ctypes
import json
import os
import signal
import sys
import time

SAMPLE_SECONDS = 0.025
PR_SET_PDEATHSIG = 1


def anonymous_bytes(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


result_path, program, *arguments = sys.argv[1:]
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
start = time.monotonic()
pid = os.fork()
if pid == 0:
    # Whoever ends this script ends the program, too.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    os.execvp(program, [program, *arguments])
anonymous = 0
# Wait without reaping: /proc/PID must still be this program's when it is read.
while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
    anonymous = max(anonymous, anonymous_bytes(pid))
    signal.sigtimedwait([signal.SIGCHLD], SAMPLE_SECONDS)
_, status, usage = os.wait4(pid, 0)
wall = time.monotonic() - start

with open(result_path, "w", encoding="ascii") as result:
    json.dump({
        "exitCode": os.waitstatus_to_exitcode(status),
        "wallSeconds": wall,
        "userSeconds": usage.ru_utime,
        "systemSeconds": usage.ru_stime,
        "peakBytes": usage.ru_maxrss * 1024,
        "peakAnonymousBytes": anonymous,
    }, result)
