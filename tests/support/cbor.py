"""CloudWatch's requests as its SDK writes them, for an emulator that reads JSON alone.

The SDK speaks CBOR (smithy's `rpc-v2-cbor`), the emulator JSON 1.0. What is said is the same: bodies are turned from one into the other and back.
"""
import io
import json
import struct

# What the model has as a timestamp or a double is none of JSON's own types.
DOUBLES = ("Threshold",)


def decode(data):
    return _value(io.BytesIO(data))


BREAK = object()


def _value(data):
    first = data.read(1)[0]
    major, small = first >> 5, first & 31
    if major == 7:
        if small == 31:
            return BREAK
        if small in (25, 26, 27):
            form, size = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}[small]
            return struct.unpack(form, data.read(size))[0]
        return {20: False, 21: True}.get(small)
    endless = small == 31
    count = 0 if endless else small if small < 24 else int.from_bytes(data.read(1 << (small - 24)), "big")
    if major == 0:
        return count
    if major == 1:
        return -1 - count
    if major in (2, 3):
        text = b"".join(iter(lambda: _value(data), BREAK)) if endless else data.read(count)
        return text if major == 2 else text.decode()
    if major == 4:
        return list(iter(lambda: _value(data), BREAK)) if endless else [_value(data) for _ in range(count)]
    if major == 5:
        keys = iter(lambda: _value(data), BREAK) if endless else (_value(data) for _ in range(count))
        return {key: _value(data) for key in keys}
    return _value(data)


def _head(major, count):
    if count < 24:
        return bytes([major << 5 | count])
    size = next(n for n in range(4) if count < 1 << (8 << n))
    return bytes([major << 5 | 24 + size]) + count.to_bytes(1 << size, "big")


def encode(value, key=""):
    if value is None or isinstance(value, bool):
        return bytes([{None: 0xF6, True: 0xF5, False: 0xF4}[value]])
    if key.endswith("Timestamp") or key in ("ExpireDate", "LastModified", "StartDate"):
        return b"\xc1\xfb" + struct.pack(">d", float(value))
    if isinstance(value, float) or key in DOUBLES:
        return b"\xfb" + struct.pack(">d", float(value))
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        # A list of moments or of numbers has its items' type in its name.
        item = {"Timestamps": "Timestamp", "Values": "Threshold"}.get(key, "")
        return _head(4, len(value)) + b"".join(encode(one, item) for one in value)
    return _head(5, len(value)) + b"".join(encode(k) + encode(v, k) for k, v in value.items())


class Translated:
    """The emulator's application, for which requests in CBOR are requests in JSON."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        service, _, operation = environ["PATH_INFO"].removeprefix("/service/").partition("/operation/")
        if not operation:
            return self.app(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        said = environ["wsgi.input"].read(length)
        body = json.dumps(decode(said) if said else {}).encode()
        asked = {
            **environ,
            "PATH_INFO": "/",
            "RAW_URI": "/",
            "REQUEST_URI": "/",
            "CONTENT_TYPE": "application/x-amz-json-1.0",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_AMZ_TARGET": f"{service}.{operation}",
            "wsgi.input": io.BytesIO(body),
        }
        asked.pop("HTTP_SMITHY_PROTOCOL", None)
        status = []
        answer = b"".join(self.app(asked, lambda said, headers, *_: status.append(said)))
        out = encode(json.loads(answer) if answer.strip() else {})
        headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"), ("Content-Length", str(len(out)))]
        start_response(status[0], headers)
        return [out]
