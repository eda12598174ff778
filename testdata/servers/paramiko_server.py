#!/usr/bin/python3
"""An SFTP server on paramiko's SFTPServerInterface that sets attributes with paramiko's own set_file_attr, as most such servers do.
Arguments: the port, the host key, the key that may log in."""
import os
import socket
import sys
import threading
import warnings

warnings.simplefilter("ignore")
import paramiko  # noqa: E402
from paramiko import SFTP_OK, SFTPAttributes, SFTPHandle, SFTPServer, SFTPServerInterface  # noqa: E402


def answer(call, *args):
    """Does what a request asks, and turns an error of the system into a status."""
    try:
        result = call(*args)
    except OSError as e:
        return SFTPServer.convert_errno(e.errno)
    return SFTP_OK if result is None else result


class Handle(SFTPHandle):
    def stat(self):
        return answer(lambda: SFTPAttributes.from_stat(os.fstat(self.readfile.fileno())))

    def chattr(self, attr):
        return answer(SFTPServer.set_file_attr, self.filename, attr)


class Files(SFTPServerInterface):
    def list_folder(self, path):
        def entries():
            return [SFTPAttributes.from_stat(os.lstat(os.path.join(path, name)), name) for name in os.listdir(path)]

        return answer(entries)

    def stat(self, path):
        return answer(lambda: SFTPAttributes.from_stat(os.stat(path)))

    def lstat(self, path):
        return answer(lambda: SFTPAttributes.from_stat(os.lstat(path)))

    def open(self, path, flags, attr):
        def opened():
            fd = os.open(path, flags, attr.st_mode or 0o666)
            if flags & os.O_CREAT:
                attr._flags &= ~attr.FLAG_PERMISSIONS
                SFTPServer.set_file_attr(path, attr)
            handle = Handle(flags)
            handle.filename = path
            mode = "rb" if not flags & (os.O_WRONLY | os.O_RDWR) else "wb" if flags & os.O_WRONLY else "r+b"
            handle.readfile = handle.writefile = os.fdopen(fd, mode)
            return handle

        return answer(opened)

    def remove(self, path):
        return answer(os.remove, path)

    def rename(self, old, new):
        return answer(os.rename, old, new)

    posix_rename = rename

    def mkdir(self, path, attr):
        def made():
            os.mkdir(path)
            SFTPServer.set_file_attr(path, attr)

        return answer(made)

    def rmdir(self, path):
        return answer(os.rmdir, path)

    def chattr(self, path, attr):
        return answer(SFTPServer.set_file_attr, path, attr)

    def symlink(self, target, path):
        return answer(os.symlink, target, path)

    def readlink(self, path):
        return answer(os.readlink, path)


class Login(paramiko.ServerInterface):
    def __init__(self, key):
        self.key = key

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if key.get_base64() == self.key else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username):
        return "publickey"


def serve(connection, host_key, key):
    transport = paramiko.Transport(connection)
    transport.add_server_key(host_key)
    transport.set_subsystem_handler("sftp", SFTPServer, Files)
    try:
        transport.start_server(server=Login(key))
    except (EOFError, paramiko.SSHException):
        pass  # somebody who wanted the host key alone


def main(port, host_key, authorized):
    host_key = paramiko.Ed25519Key(filename=host_key)
    with open(authorized) as f:
        key = f.read().split()[1]
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=50)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, host_key, key), daemon=True).start()


main(*sys.argv[1:])
