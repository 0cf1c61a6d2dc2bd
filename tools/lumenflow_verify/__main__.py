"""Checks LumenFlow's journals, checkpoints and proofs. Shares no code with LumenFlow; needs Python 3.9 and nothing else.

Exits with 0 when everything holds, 1 when something does not, 2 when it could not be checked.
"""

import argparse
import json
import os
import sqlite3
import sys

import journal
import proof
import strict_json
from failure import Failure
from note import Verifier, parse_key


def read(path):
    if path == "-":
        return sys.stdin.read()
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def key_argument(text):
    try:
        return parse_key(read(text) if os.path.exists(text) else text)
    except (Failure, OSError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def held_heads(arguments, verifier):
    heads = []
    for path in arguments.checkpoint:
        try:
            heads.append(verifier.head(read(path)))
        except Failure as failure:
            raise Failure("%s: %s" % (path, failure)) from None
    return heads


def run_proof(arguments, verifier):
    held = held_heads(arguments, verifier)
    if not arguments.lines:
        said = [proof.check(strict_json.parse(read(path)), verifier, held) for path in arguments.files]
        return {"proven": said}
    count = 0
    for path in arguments.files:
        with sys.stdin if path == "-" else open(path, encoding="utf-8") as file:
            for line in file:
                count += 1
                try:
                    proof.check(strict_json.parse(line), verifier, held)
                except Failure as failure:
                    raise Failure("line %d: %s" % (count, failure)) from None
    return {"proven": ["%d proofs" % count]}


def run_checkpoint(arguments, verifier):
    heads = [verifier.head(read(path)) for path in arguments.files]
    return {"proven": ["%s signed a tree of %d entries, root %s" % (h.origin, h.size, h.root.hex()) for h in heads]}


def run_journal(arguments, verifier):
    held = held_heads(arguments, verifier)
    if not held:
        raise Failure("give --checkpoint FILE, best one that was kept elsewhere: without it nothing says that the "
                      "entries are the ones that were written")
    report = journal.check(arguments.path, held, verifier.public_key)
    said = "%d entries, the first %d of them as signed in %d checkpoints" % (report.entries, report.confirmed, len(held))
    if report.bodies:
        said += "; %d stored inputs and results match their hashes" % report.bodies
    if report.let_go:
        said += "; retention let go of %d, of inputs up to position %d and outputs up to %d" % (
            report.let_go, *report.cut)
    return {"proven": [said], "entries": report.entries, "confirmed": report.confirmed, "let_go": report.let_go}


def parser():
    top = argparse.ArgumentParser(prog="lumenflow_verify", description=__doc__.split("\n")[0])
    top.add_argument("--json", action="store_true", help="say it as one JSON object")
    commands = top.add_subparsers(dest="command", required=True)

    def command(name, run, help_text):
        added = commands.add_parser(name, help=help_text)
        added.set_defaults(run=run)
        added.add_argument("--key", type=key_argument, required=True,
                           help="the log's public key: a file (keys/log.pub), its text, or a signed-note verifier key")
        added.add_argument("--witness", type=key_argument, action="append", default=[],
                           help="a witness's verifier key, text or file; may be given again")
        added.add_argument("--witnesses-needed", type=int, default=None, help="how many of them; all when not given")
        return added

    held_help = "a checkpoint that was kept elsewhere; may be given again"
    of_proofs = command("proof", run_proof, "a proof that `lumenflow audit prove` or `audit consistency` printed")
    of_proofs.add_argument("files", nargs="+", metavar="FILE", help="- is the standard input")
    of_proofs.add_argument("--lines", action="store_true", help="each line is one proof")
    of_proofs.add_argument("--checkpoint", action="append", default=[], help=held_help)
    command("checkpoint", run_checkpoint, "a signed tree head").add_argument("files", nargs="+", metavar="FILE")
    of_journal = command("journal", run_journal, "a whole journal: what `lumenflow audit export` wrote, or journal.db")
    of_journal.add_argument("path", metavar="FILE")
    of_journal.add_argument("--checkpoint", action="append", default=[], help=held_help)
    return top


def main():
    arguments = parser().parse_args()
    try:
        verifier = Verifier(arguments.key, arguments.witness, arguments.witnesses_needed)
        said = dict(arguments.run(arguments, verifier), holds=True)
    except Failure as failure:
        said = {"holds": False, "what": str(failure), "position": failure.position}
    except (OSError, UnicodeDecodeError, sqlite3.Error) as error:
        print("error: %s" % error, file=sys.stderr)
        return 2
    if arguments.json:
        print(json.dumps(said, ensure_ascii=False))
    elif said["holds"]:
        print("\n".join("holds: " + line for line in said["proven"]))
    else:
        place = "at position %d: " % said["position"] if said["position"] else ""
        print("DOES NOT HOLD: %s%s" % (place, said["what"]), file=sys.stderr)
    return 0 if said["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
