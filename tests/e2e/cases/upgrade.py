# SPDX-License-Identifier: GPL-2.0-only
"""Upgrade: RFC 9110, 7.8. kelp speaks what it speaks."""
from cases.case import NEXT, Case as C, get, get10, req

KEEP = "200 small keep"

CASES = [
    C("upgrade-h2c", "9113 3.1",
      get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
          "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), KEEP, needs="kelp",
      splits=True),
    C("upgrade-websocket", "6455 4.2",
      get("Connection: Upgrade", "Upgrade: websocket",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
          "Sec-WebSocket-Version: 13"), KEEP, "400/426"),
    C("upgrade-unknown", "9110 7.8", get("Connection: upgrade",
                                         "Upgrade: x/1, y/2"), KEEP),
    C("upgrade-tls", "9110 7.8", get("Connection: upgrade",
                                     "Upgrade: TLS/1.3"), KEEP),
    C("upgrade-same", "9110 7.8", get("Connection: upgrade",
                                      "Upgrade: HTTP/1.1"), KEEP),
    C("upgrade-no-connection", "9110 7.8", get("Upgrade: x"), KEEP),
    C("upgrade-close", "9110 7.8", get("Connection: upgrade, close",
                                       "Upgrade: x"), "200 small close!"),
    C("upgrade-empty", "9110 7.8", get("Connection: upgrade", "Upgrade:"),
      KEEP),
    C("upgrade-1.0", "9110 7.8", get10("Connection: upgrade", "Upgrade: x"),
      "200 small close!"),
    C("upgrade-body", "9110 7.8",
      req("GET /small HTTP/1.1", "Connection: upgrade", "Upgrade: x",
          "Content-Length: 5", body="hello") + NEXT,
      "200 small, 200 next keep", "400"),
    C("upgrade-pipelined", "9110 7.8",
      get("Connection: upgrade", "Upgrade: x") + NEXT,
      "200 small, 200 next keep", "200 small"),
    C("upgrade-expect", "9110 7.8",
      get("Connection: upgrade", "Upgrade: x", "Expect: 100-continue"),
      KEEP),
]
