# SPDX-License-Identifier: GPL-2.0-only
"""A client for kelp's RPC, as anyone could write it.

Made from kmod/rpc/PROTOCOL.md and the .proto files only, with Debian's
python3-protobuf; the messages' classes are compiled by protoc when it starts.
"""
import glob
import importlib
import os
import socket
import struct
import subprocess
import sys
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PROTO = ROOT + "/kmod/include/proto"
NONE, GZIP, ZLIB = 0, 2, 3


def compile_protos(folder):
    """{file's name: module}, and where the modules are."""
    names = sorted(os.path.basename(path)[:-6]
                   for path in glob.glob(PROTO + "/*.proto"))
    subprocess.run(["protoc", "-I" + PROTO, "--python_out=" + folder] +
                   [name + ".proto" for name in names], check=True)
    sys.path.insert(0, folder)
    return {name: importlib.import_module(name + "_pb2") for name in names}


def crc32c(data, table=[]):
    """Masked, as checksum_value has it."""
    if not table:
        for byte in range(256):
            for _ in range(8):
                byte = byte >> 1 ^ (0x82f63b78 if byte & 1 else 0)
            table.append(byte)
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xff]
    crc ^= 0xffffffff
    return struct.pack(">I", ((crc >> 15 | crc << 17) + 0xa282ead8)
                       & 0xffffffff)


def compressed(data, how):
    if how == NONE:
        return data
    packer = zlib.compressobj(wbits=31 if how == GZIP else 15)
    return packer.compress(data) + packer.flush()


class RpcError(Exception):
    """The server answered with an error."""

    def __init__(self, meta):
        super().__init__("%d: %s" % (meta.error_code, meta.error_text))
        self.code = meta.error_code
        self.text = meta.error_text


class Client:
    """A connection; calls may be in flight at the same time."""

    def __init__(self, modules, port, host="127.0.0.1", timeout=20):
        self.wire = modules["kelp_rpc_meta"]
        self.methods = {}
        for module in modules.values():
            for service in module.DESCRIPTOR.services_by_name.values():
                for method in service.methods:
                    self.methods[service.full_name, method.name] = method
        self.called = set()
        self.flight = {}
        self.number = 0
        self.sock = socket.create_connection((host, port), timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.sock.makefile("rb")

    def close(self):
        self.stream.close()
        self.sock.close()

    def send_raw(self, service, method, payload, attachment=b"",
                 compress=NONE, checksum=False, timeout_ms=0, auth=b""):
        """A call whose message is bytes; its number."""
        self.number += 1
        meta = self.wire.RpcMeta(correlation_id=self.number)
        meta.request.service_name = service
        meta.request.method_name = method
        if timeout_ms:
            meta.request.timeout_ms = timeout_ms
        if attachment:
            meta.attachment_size = len(attachment)
        if compress:
            meta.compress_type = compress
        if auth:
            meta.authentication_data = auth
        payload = compressed(payload, compress)
        if checksum:
            meta.checksum_type = 1
            meta.checksum_value = crc32c(payload + attachment)
            meta.checksum_with_attachment = True
        head = meta.SerializeToString()
        self.sock.sendall(
            b"PRPC" + struct.pack(">II", len(head) + len(payload) +
                                  len(attachment), len(head)) +
            head + payload + attachment)
        return self.number

    def send(self, service, method, attachment=b"", _meta=None, **fields):
        """A call with these fields in its message; its number."""
        what = self.methods[service, method]
        request = what.input_type._concrete_class(**fields)
        number = self.send_raw(service, method, request.SerializeToString(),
                               attachment, **(_meta or {}))
        self.flight[number] = what
        self.called.add((service, method))
        return number

    def take(self, count):
        data = self.stream.read(count)
        if len(data) != count:
            raise EOFError("the server closed the connection")
        return data

    def receive(self):
        """The next response: its number, an RpcError or bytes, attachment."""
        magic, body, size = struct.unpack(">4sII", self.take(12))
        if magic != b"PRPC" or size > body:
            raise ValueError("no frame: %r" % magic)
        meta = self.wire.RpcMeta.FromString(self.take(size))
        if not meta.HasField("response") or meta.compress_type:
            raise ValueError("no response: %r" % meta)
        rest = self.take(body - size)
        split = len(rest) - meta.attachment_size
        payload, attachment = rest[:split], rest[split:]
        if meta.checksum_type == 1:
            both = payload + (attachment if meta.checksum_with_attachment
                              else b"")
            if meta.checksum_value != crc32c(both):
                raise ValueError("wrong checksum")
        if meta.response.error_code:
            if rest:
                raise ValueError("an error with a payload")
            return meta.correlation_id, RpcError(meta.response), b"", meta
        return meta.correlation_id, payload, attachment, meta

    def result(self):
        """The next response: its number, an RpcError or message, attachment."""
        number, payload, attachment, _ = self.receive()
        what = self.flight.pop(number)
        if not isinstance(payload, RpcError):
            payload = what.output_type._concrete_class.FromString(payload)
        return number, payload, attachment

    def call_attached(self, *args, **fields):
        """Call and wait: the message and the attachment."""
        number = self.send(*args, **fields)
        answered, message, attachment = self.result()
        if answered != number:
            raise ValueError("a response to another call")
        if isinstance(message, RpcError):
            raise message
        return message, attachment

    def call(self, *args, **fields):
        return self.call_attached(*args, **fields)[0]
