"""An editor that asks a language server: `editor.py FILE SERVER...`.

It opens the file and asks what stands on standard input, a JSON list of `["hover", LINE, CHARACTER]` and `["completion", LINE, CHARACTER]` (both from 0);
`["type", TEXT]` changes the file's text. On standard output it says `{"diagnostics": [...], "answers": [...]}`, each answer as the server gave it; that of
typing is what is wrong then.
"""
import json
import pathlib
import subprocess
import sys

file, server = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
questions = json.load(sys.stdin)
process = subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=file.parent)
diagnostics = None


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    process.stdin.flush()


def receive():
    length = 0
    while True:
        line = process.stdout.readline()
        if not line:
            sys.exit("the server has ended")
        if line == b"\r\n":
            return json.loads(process.stdout.read(length))
        name, _, value = line.decode().partition(":")
        if name.lower() == "content-length":
            length = int(value)


def until(done):
    """Answers what the server asks, and notes what it tells, until something is there."""
    global diagnostics
    while True:
        message = receive()
        if message.get("method") == "textDocument/publishDiagnostics":
            diagnostics = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            items = message.get("params", {}).get("items", []) if message["method"] == "workspace/configuration" else None
            send({"id": message["id"], "result": items and [None] * len(items)})
        found = done(message)
        if found is not None:
            return found


def ask(number, method, params):
    send({"id": number, "method": method, "params": params})
    answered = until(lambda m: m if m.get("id") == number and "method" not in m else None)
    if "error" in answered:
        sys.exit(f"{method}: {answered['error']}")
    return answered.get("result")


uri = file.as_uri()
abilities = {
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {},
    },
    "workspace": {"configuration": True},
}
ask(1, "initialize", {"processId": None, "rootUri": file.parent.as_uri(), "capabilities": abilities})
send({"method": "initialized", "params": {}})
text = {"uri": uri, "languageId": "yaml", "version": 1, "text": file.read_text()}
send({"method": "textDocument/didOpen", "params": {"textDocument": text}})
until(lambda m: True if diagnostics is not None else None)
answers = []
for number, (what, *more) in enumerate(questions, 2):
    if what == "type":
        diagnostics = None
        version = {"uri": uri, "version": number}
        send({"method": "textDocument/didChange", "params": {"textDocument": version, "contentChanges": [{"text": more[0]}]}})
        until(lambda m: True if diagnostics is not None else None)
        answers.append(diagnostics)
        continue
    line, character = more
    place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
    answers.append(ask(number, f"textDocument/{what}", place))
ask(len(questions) + 2, "shutdown", None)
send({"method": "exit"})
print(json.dumps({"diagnostics": diagnostics, "answers": answers}))
