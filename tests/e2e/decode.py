#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kelp-test: where=host timeout=120
"""kelpctl decode: messages as protoc and Debian's python3-protobuf see them,
frames written by hand, and whatever cannot be decoded. Nothing of it needs the
module, so it runs on the host."""
import importlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

import kelp_test
from kelp_test import equal, true

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
KELPCTL = ROOT + "/build/kelpctl"
PROTO = ROOT + "/tests/unit/ctl/proto"
TYPES = PROTO + "/test_types.proto"
SEED = int(os.environ.get("KELP_SEED", "1"))
STATE = {}

def setup():
    subprocess.run(["make", "-s", "-C", ROOT, "kelpctl"], check=True,
                   stdout=sys.stderr)
    STATE["folder"] = tempfile.TemporaryDirectory(prefix="kelp-test.")
    folder = STATE["folder"].name
    subprocess.run(["protoc", "-I" + PROTO, "--python_out=" + folder,
                    "test_types.proto", "test_types2.proto"], check=True)
    subprocess.run(["protoc", "-I" + PROTO, "--include_imports",
                    "-o" + path("set"), "test_types.proto"], check=True)
    sys.path.insert(0, folder)
    STATE["types"] = importlib.import_module("test_types_pb2")


def teardown():
    STATE["folder"].cleanup()


def path(name, data=None):
    """A file in the scratch folder, with data in it if there is any."""
    full = os.path.join(STATE["folder"].name, name)
    if data is not None:
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(data)
    return full


def decode(*args, data=b"", status=0, **more):
    """(standard output, standard error) of kelpctl decode ARGS."""
    done = subprocess.run([KELPCTL, "decode"] + list(args), input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, **more)
    out, err = done.stdout.decode(), done.stderr.decode()
    equal(done.returncode, status, "status of decode %s (%s)" % (args, err))
    return out, err


def text(*args, data=b""):
    out, err = decode(*args, data=data)
    equal(err, "", "standard error of decode %s" % (args,))
    return out


def refused(pattern, *args, data=b"", status=1, **more):
    """One sentence that has these words; what was printed before it."""
    out, err = decode(*args, data=data, status=status, **more)
    last = err.strip().split("\n")[-1]
    true(last.startswith("kelpctl: "), "no sentence: %r" % err)
    true(pattern in last, "says %r, nothing like %r" % (last, pattern))
    return out


def fill(rng, message, depth=0):
    """Any fields, any values; text in ASCII, which protoc does not escape."""
    for field in message.DESCRIPTOR.fields:
        if field.label != field.LABEL_REQUIRED and rng.random() < 0.6:
            continue
        many = field.label == field.LABEL_REPEATED
        if field.message_type:
            if field.message_type.GetOptions().map_entry or depth > 3:
                continue
            for _ in range(rng.randint(1, 3) if many else 1):
                inner = getattr(message, field.name)
                inner = inner.add() if many else inner
                inner.SetInParent()
                fill(rng, inner, depth + 1)
        elif many:
            getattr(message, field.name).extend(
                value(rng, field) for _ in range(rng.randint(1, 4)))
        else:
            setattr(message, field.name, value(rng, field))


def value(rng, field):
    kind = field.cpp_type
    bits = 64 if kind in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64) else 32
    if kind in (field.CPPTYPE_INT64, field.CPPTYPE_INT32):
        return rng.choice([0, 1, -1, 300, -(1 << bits - 1),
                           (1 << bits - 1) - 1])
    if kind in (field.CPPTYPE_UINT64, field.CPPTYPE_UINT32):
        return rng.choice([0, 1, 300, (1 << bits) - 1])
    if kind in (field.CPPTYPE_DOUBLE, field.CPPTYPE_FLOAT):
        number = rng.choice([0.0, -0.5, 0.1, 1e100, 3.0, float("inf"),
                             rng.random(), rng.random() * 1e-20])
        if kind == field.CPPTYPE_FLOAT and number == 1e100:
            number = 1e30
        return number
    if kind == field.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if kind == field.CPPTYPE_ENUM:
        return rng.choice([v.number for v in field.enum_type.values] +
                          ([5] if field.enum_type.name == "Colour" else []))
    if field.type == field.TYPE_BYTES:
        return bytes(rng.randrange(256) for _ in range(rng.randint(0, 9)))
    return rng.choice(["", "a", "it's \"so\"\\\n", "words and words\t"])


def messages(number):
    rng = random.Random(SEED)
    for _ in range(number):
        message = STATE["types"].All()
        fill(rng, message)
        yield message


def test_text_is_that_of_protoc():
    for message in messages(60):
        data = message.SerializeToString(deterministic=True)
        want = subprocess.run(
            ["protoc", "-I" + PROTO, "--decode=test.All", "test_types.proto"],
            input=data, stdout=subprocess.PIPE, check=True).stdout.decode()
        equal(text("message", "test.All", "--proto", TYPES, data=data), want,
              "text of %s" % data.hex())


def close(found, want):
    """Equal, but for how many digits a float is shown with."""
    if isinstance(want, dict):
        return isinstance(found, dict) and found.keys() == want.keys() and \
            all(close(found[key], want[key]) for key in want)
    if isinstance(want, list):
        return isinstance(found, list) and len(found) == len(want) and \
            all(map(close, found, want))
    if isinstance(want, float) and isinstance(found, (int, float)):
        return abs(found - want) <= 1e-6 * abs(want)
    return type(found) is type(want) and found == want


def test_json_is_that_of_python_protobuf():
    json_format = importlib.import_module("google.protobuf.json_format")
    for message in messages(60):
        message.m_string["a b"] = 3
        message.m_string[""] = 0
        message.m_message[-7].i = 5
        data = message.SerializeToString()
        want = json_format.MessageToDict(
            message, preserving_proto_field_name=True)
        found = json.loads(text("-j", "message", "test.All", "--proto", TYPES,
                                data=data))
        true(close(found, want), "JSON of %s: %s, not %s" %
             (data.hex(), found, want))


def test_where_input_comes_from():
    data = bytes.fromhex("08011002")
    file = path("add", data)
    digits = path("digits", b"08:01\n 10 02\n")
    want = "a: 1\nb: 2\n"
    equal(text("message", "kelp.AddRequest", file), want, "a file")
    equal(text("message", "AddRequest", "-", data=data), want, "-")
    equal(text("mess", "kelp.AddRequest", data=data), want, "standard input")
    equal(text("message", "kelp.AddRequest", "--hex", digits), want, "--hex")
    equal(text(file), "1: 1\n2: 2  # sint 1\n", "without a type")
    equal(json.loads(text("-j", file)), {"1": ["1"], "2": ["2"]}, "-j")
    path("frame", data)
    folder = STATE["folder"].name
    out, _ = decode("./frame", cwd=folder)
    equal(out, "1: 1\n2: 2  # sint 1\n", "a file with the name of a verb")
    equal(text(data=b""), "", "nothing")


def test_where_types_come_from():
    data = bytes.fromhex("0805")
    equal(text("message", "test.Inner", "--proto", TYPES, data=data), "i: 5\n",
          "a .proto file")
    equal(text("message", "test.Inner", "--proto", path("set"), data=data),
          "i: 5\n", "a descriptor set")
    # found from a root that is not the file's own folder
    head = b'syntax = "proto3";\npackage own;\n'
    path("root/a/one.proto", head + b"message One { int32 x = 1; }\n")
    two = path("root/b/two.proto", head + b'import "a/one.proto";\n'
               b"message Two { One one = 1; }\n")
    inner = bytes.fromhex("0a020805")
    equal(text("message", "own.Two", "--proto-path", path("root"), "--proto",
               two, data=inner), "one {\n  x: 5\n}\n", "--proto-path")
    refused("protoc refused", "message", "own.Two", "--proto", two)
    # preferred to what is built in
    mine = path("mine.proto", b'syntax = "proto3";\npackage kelp;\n'
                b"message AddRequest { int64 first = 1; }\n")
    equal(text("message", "kelp.AddRequest", "--proto", mine, data=data),
          "first: 5\n", "a type of the same name")


def frame(meta, payload=b"", attachment=b""):
    body = meta + payload + attachment
    return b"PRPC" + struct.pack(">II", len(body), len(meta)) + body


RESPONSE = frame(bytes.fromhex("120208002005"), b"\x08\x03")


def test_frames():
    request = frame(bytes.fromhex("0a100a096b656c702e43616c631203416464"
                                  "20052803"), b"\x08\x01\x10\x02", b"abc")
    out = text("frame", data=request + RESPONSE)
    for part in ("# request: kelp.Calc/Add", "# response: kelp.Calc/Add",
                 'service_name: "kelp.Calc"', "correlation_id: 5",
                 "payload {  # kelp.AddRequest, 4 bytes\n    a: 1\n    b: 2\n",
                 "payload {  # kelp.AddResponse, 2 bytes\n    sum: 3\n",
                 "attachment {  # 3 bytes\n    # 000000  61 62 63 "):
        true(part in out, "%r is not in %s" % (part, out))
    first, second = json.loads(text("-j", "frame", data=request + RESPONSE))
    equal(first["payload"], {"a": "1", "b": "2"}, "payload")
    equal(first["attachment"], {"hex": "616263"}, "attachment")
    equal(second["offset"], len(request), "offset")
    equal(second["payload_type"], "kelp.AddResponse", "type of the response")
    alone = json.loads(text("-j", "frame", data=RESPONSE))[0]
    equal((alone["service"], alone["payload"]), (None, {"1": ["3"]}),
          "a response to nothing")


def test_frames_of_the_documentation():
    """Section 11 of PROTOCOL.md, as it stands there, each frame by itself."""
    with open(ROOT + "/kmod/rpc/PROTOCOL.md", encoding="utf-8") as file:
        lines = file.read().split("## 11.")[1].split("\n")
    found, block = 0, ""
    for line in lines + [""]:
        if line.startswith("    "):
            block += line.split("  ", 2)[2].strip().split("   ")[0] + "\n"
            continue
        if block.replace(" ", "").startswith("50525043"):
            out = json.loads(text("-j", "frame", "--hex", data=block.encode()))
            equal(len(out), 1, "frames of %r" % block)
            equal(out[0]["payload"], {"1": ["hello"]}, "payload")
            found += 1
        block = ""
    equal(found, 5, "frames in PROTOCOL.md")


def test_what_is_wrong_is_said():
    refused("offset 2: the number in field 2 is cut off", "message",
            "kelp.AddRequest", data=b"\x08\x01\x10")
    equal(refused("offset 2", data=b"\x08\x01\x10"), "1: 1\n",
          "what comes before it")
    equal(refused("offset 2", "-j", data=b"\x08\x01\x10"), "", "JSON")
    refused("offset 3: no hexadecimal digit", "--hex", data=b"08 x1")
    refused("one digit only", "--hex", data=b"08 1")
    refused("which a byte needs two of", "--hex", data=b"08 1 1")
    refused("no message type kelp.Nothing", "message", "kelp.Nothing")
    refused("cannot open " + path("gone"), path("gone"))
    refused("cannot read " + path(""), path(""))
    refused("neither a .proto file nor a descriptor set", "message", "A",
            "--proto", path("bad", b"\xff"))
    refused("protoc is missing", "message", "A", "--proto", TYPES,
            env={"PATH": path("")})
    refused("offset 20: no frame begins here", "frame", data=RESPONSE + b"GET ")
    refused("only 7 are left", "frame", data=RESPONSE[:-1])
    out = refused("offset 12", "frame",
                  data=frame(b"\x0a\x05") + RESPONSE)
    equal(out.count("frame {"), 2, "frames, the first one broken")


def test_wrong_usage():
    for args, words in ((["message"], "TYPE"), (["frame", "a", "b"], "'b'"),
                        (["a", "b"], "'b'"), (["--proto", "x"], "--proto"),
                        (["message", "--proto"], "value")):
        refused(words, *args, status=2)


def test_any_bytes_end_in_words():
    rng = random.Random(SEED)
    whole = next(messages(1)).SerializeToString()
    for round_ in range(60):
        data = bytearray(RESPONSE + RESPONSE if round_ & 1 else whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        args = ["frame"] if round_ & 1 else \
            ["message", "test.All", "--proto", path("set")]
        done = subprocess.run([KELPCTL, "decode"] + args, input=bytes(data),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
        true(done.returncode in (0, 1), "status %d of %s" %
             (done.returncode, data.hex()))
        true(done.returncode == 0 or b" offset " in done.stderr,
             "no offset: %r" % done.stderr)


if __name__ == "__main__":
    kelp_test.main(globals())
