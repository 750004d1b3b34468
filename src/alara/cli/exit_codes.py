"""What a command ends with: the one table of exit codes, for whatever calls alara and for docs/reference/exit-codes.md.

An error ends a command with the code of its kind (:mod:`alara.errors`); some
commands end with a code although they did what they were asked.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BY_COMMAND", "MEANINGS"]

MEANINGS: Final = {
    0: "done; of `alara status --check` and `alara doctor`: all is well",
    1: "something wants seeing to, or an error that nobody foresaw",
    2: "a setting or an argument is wrong, also the URL of a database",
    3: "something cannot be read as a dose report",
    4: "the inbox or the disk refuses",
    5: "the database refuses, or its server does not answer",
    6: "the network or another node refuses",
    7: "the question is fine, and there is no answer: nothing was received yet, or nothing fits",
    130: "stopped by Ctrl-C or a signal",
    141: "the reader of a pipe went away",
}

#: Command and code, and when; beside the errors, which end any command.
BY_COMMAND: Final = {
    ("status", 1): "with `--check`: any problem, also that nothing has been received yet (without it that is 7)",
    ("doctor", 1): "a check failed",
    ("import", 3): "a file is in quarantine, or the database lacks what the inbox has",
    ("quarantine retry", 3): "some still cannot be read, or wait",
    ("explain", 3): "a file behind the numbers is missing or changed",
    ("send", 6): "an object was not taken",
    ("fetch", 3): "everything came, and something of it is in quarantine",
    ("fetch", 6): "something did not come, or the archive is not there",
    ("fetch", 130): "stopped by a signal; the same command goes on",
}
