# SPDX-License-Identifier: GPL-2.0-only
"""A disk that answers when the test lets it: a network block device whose other
end is a thread here.
"""
import fcntl
import os
import socket
import struct
import subprocess
import threading

from kelp_test import Failure, wait_for

DEVICE = "/dev/nbd0"
SET_SOCK, SET_BLKSIZE, DO_IT, CLEAR_SOCK, SET_BLOCKS, DISCONNECT = (
    0xab00, 0xab01, 0xab03, 0xab04, 0xab07, 0xab08)
BLOCK = 4096
REQUEST = struct.Struct(">II8sQI")
REPLY = struct.Struct(">II8s")


def make_image(path, folder, size):
    """A file system of this many bytes that has what is in the folder."""
    subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", "-d", folder,
                    "-b", str(BLOCK), path, "%dk" % (size >> 10)], check=True,
                   stdout=subprocess.DEVNULL)


class SlowDisk:
    """with SlowDisk(image, folder) as disk: mounted there, read-only.

    disk.hold() keeps all reads waiting, disk.release() lets them go.
    """

    def __init__(self, image, folder):
        self.image = image
        self.folder = folder
        self.free = threading.Event()
        self.free.set()
        self.waiting = 0
        self.threads = []

    def __enter__(self):
        subprocess.run(["modprobe", "-a", "nbd", "ext4"], check=True)
        wait_for(lambda: os.path.exists(DEVICE), what=DEVICE)
        self.disk = os.open(DEVICE, os.O_RDWR)
        self.ours, self.theirs = socket.socketpair()
        for command, value in ((SET_BLKSIZE, BLOCK), (SET_BLOCKS, os.stat(
                self.image).st_size // BLOCK), (CLEAR_SOCK, 0),
                               (SET_SOCK, self.theirs.fileno())):
            fcntl.ioctl(self.disk, command, value)
        for target in (self.drive, self.serve):
            thread = threading.Thread(target=target, daemon=True)
            thread.start()
            self.threads.append(thread)
        # The device has its size once the other thread is in DO_IT.
        wait_for(lambda: self.mount() == 0, what="a mounted disk")
        return self

    def __exit__(self, *error):
        self.release()
        busy = ["umount", self.folder]
        wait_for(lambda: not subprocess.run(
            busy, check=False, stderr=subprocess.DEVNULL).returncode,
                 what="umount")
        fcntl.ioctl(self.disk, DISCONNECT)
        for thread in self.threads:
            thread.join(10)
            if thread.is_alive():
                raise Failure("the disk does not end")
        os.close(self.disk)

    def mount(self):
        return subprocess.run(["mount", "-o", "ro", DEVICE, self.folder],
                              check=False, stderr=subprocess.DEVNULL).returncode

    def hold(self):
        """From now on the disk keeps everybody waiting who comes to it."""
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("1")
        self.free.clear()

    def release(self):
        self.free.set()

    def drive(self):
        """The kernel's side; returns when the device is disconnected."""
        fcntl.ioctl(self.disk, DO_IT)
        self.theirs.close()

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.ours.recv(count - len(data))
            if not more:
                return None
            data += more
        return data

    def serve(self):
        """The other end; the device is gone when this is closed."""
        with self.ours, open(self.image, "rb") as image:
            while True:
                request = self.take(REQUEST.size)
                if not request:
                    return
                _, kind, handle, offset, count = REQUEST.unpack(request)
                if kind & 0xffff == 2:    # disconnect
                    return
                if kind & 0xffff:
                    self.ours.sendall(REPLY.pack(0x67446698, 1, handle))
                    continue
                if not self.free.is_set():
                    self.waiting += 1
                    self.free.wait()
                image.seek(offset)
                self.ours.sendall(REPLY.pack(0x67446698, 0, handle) +
                                  image.read(count))
