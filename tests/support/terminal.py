"""Runs a program on a terminal of its own: `terminal.py COLUMNS WORDS PROGRAM...`.

What stands on the terminal goes to standard output. Each of WORDS (separated by commas) is typed, with a line's end, once the program asks (a line that
ends in `: `); `-` stands for nothing, and `^TEXT` for Ctrl-C once TEXT was seen. The status is the program's.
"""
import fcntl
import os
import pty
import struct
import sys
import termios

columns, words, program = int(sys.argv[1]), [w.strip("-") if w == "-" else w for w in sys.argv[2].split(",") if sys.argv[2]], sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    os.execvp(program[0], program)
last = whole = b""
while True:
    try:
        said = os.read(terminal, 65536)
    except OSError:
        break
    if not said:
        break
    sys.stdout.buffer.write(said)
    sys.stdout.buffer.flush()
    last, whole = (last + said)[-200:], whole + said
    if words and words[0].startswith("^"):
        if words[0][1:].encode() in whole:
            os.write(terminal, b"\x03")
            words.pop(0)
    elif words and last.endswith(b": "):
        os.write(terminal, words.pop(0).encode() + b"\n")
        last = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
