# SPDX-License-Identifier: GPL-2.0-only
"""A headless Chromium on the host, and files that it looks into.

The browser is driven through its DevTools protocol over two pipes: messages in
JSON, each ended by a zero byte.
"""
import base64
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import zlib

from guest_kit import Pipe
from kelp_test import Failure, true

BROWSER = "chromium"
# Both ends of the pipes as the browser knows them.
FROM_US, TO_US = 3, 4
OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
           "--disable-background-networking", "--disable-component-update",
           "--disable-sync", "--no-default-browser-check", "--disable-breakpad",
           "--autoplay-policy=no-user-gesture-required",
           "--remote-debugging-pipe"]


class Browser:
    """One browser with one page and a profile of its own."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="kelp-test.")
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        with open(self.profile + "/log", "wb") as log:
            # A shell puts the pipes where the browser looks for them.
            self.process = subprocess.Popen(
                ["sh", "-c", 'exec "$@" %d<&%d %d>&%d' %
                 (FROM_US, theirs_in, TO_US, theirs_out), "sh", BROWSER] +
                OPTIONS + ["--user-data-dir=" + self.profile, "about:blank"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(theirs_in, theirs_out), start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self.pipe = Pipe(ours_in, ours_out)
        self.events, self.number, self.session = [], 0, None
        target = next(row for row in
                      self.call("Target.getTargets")["targetInfos"]
                      if row["type"] == "page")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.call(domain + ".enable")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(20)
        except (Failure, OSError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.pipe.reader)
        os.close(self.pipe.writer)
        shutil.rmtree(self.profile, ignore_errors=True)

    def hear(self, until):
        """Keep the next message if it is an event, return it if an answer."""
        raw = self.pipe.receive(max(until - time.monotonic(), 0))
        if raw is None:
            raise Failure("the browser said nothing more in time")
        message = json.loads(raw)
        if "id" in message:
            return message
        self.events.append(message)
        return None

    def call(self, method, **parameters):
        """A command; what it returned."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.pipe.send(json.dumps(message).encode() + b"\0")
        until = time.monotonic() + 60
        while True:
            answer = self.hear(until)
            if answer and answer["id"] == self.number:
                break
        if "error" in answer:
            raise Failure("%s: %s" % (method, answer["error"]["message"]))
        return answer["result"]

    def seen(self, method):
        """The parameters of all events of that name so far."""
        return [event["params"] for event in self.events
                if event["method"] == method]

    def wait(self, method, seconds=60):
        until = time.monotonic() + seconds
        while not self.seen(method):
            self.hear(until)

    def navigate(self, url):
        self.events = []
        result = self.call("Page.navigate", url=url)
        true("errorText" not in result, "%s: %s" %
             (url, result.get("errorText")))
        self.wait("Page.loadEventFired")

    def reload(self):
        self.events = []
        self.call("Page.reload")
        self.wait("Page.loadEventFired")

    def run(self, script):
        """The value of an expression in the page; promises are awaited."""
        result = self.call("Runtime.evaluate", expression=script,
                           awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise Failure("in the page: %s" % (
                result["exceptionDetails"].get("exception", {})
                .get("description") or result["exceptionDetails"]["text"]))
        return result["result"].get("value")

    def exchanges(self):
        """What came over the network since the last navigation:
        {path: [{status, reused, …} in order of requests]}."""
        urls, found = {}, {}
        for event in self.seen("Network.requestWillBeSent"):
            urls[event["requestId"]] = event["request"]["url"]
        wire = {event["requestId"]: event for event in
                self.seen("Network.responseReceivedExtraInfo")}
        for event in self.seen("Network.responseReceived"):
            answer, extra = event["response"], wire.get(event["requestId"])
            if not answer["url"].startswith("http"):
                continue
            path = "/" + answer["url"].split("/", 3)[3]
            found.setdefault(path, []).append({
                "id": event["requestId"], "status": answer["status"],
                "wire": extra and extra["statusCode"],
                "type": answer["mimeType"],
                "reused": answer["connectionReused"],
                "protocol": answer.get("protocol"),
                "headers": {name.lower(): value for name, value in
                            answer["headers"].items()}})
        return found

    def failures(self):
        return [event["errorText"] for event in
                self.seen("Network.loadingFailed")]

    def body(self, request):
        """The bytes that the browser made of that answer."""
        result = self.call("Network.getResponseBody", requestId=request)
        if result["base64Encoded"]:
            return base64.b64decode(result["body"])
        return result["body"].encode()


# Files that a browser looks into

def picture(width, height, shade):
    """A grey PNG of that size, too noisy to be compressed to nothing."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + \
            struct.pack(">I", zlib.crc32(kind + data))
    rng = random.Random(shade)
    rows = b"".join(b"\0" + rng.randbytes(width) for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0,
                                       0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def sound(seconds):
    """A WAV file of silence, 8,000 bytes a second."""
    data = b"\x80" * (8000 * seconds)
    return (b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " +
            struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" +
            struct.pack("<I", len(data)) + data)
