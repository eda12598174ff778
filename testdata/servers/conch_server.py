#!/usr/bin/python3
"""Twisted Conch's SFTP server for Unix users, without a change of user. Arguments: the port, the host key, the key that may log in."""
import sys
import warnings

warnings.simplefilter("ignore")
from twisted.conch.avatar import ConchUser  # noqa: E402
from twisted.conch.checkers import InMemorySSHKeyDB, SSHPublicKeyChecker  # noqa: E402
from twisted.conch.interfaces import ISFTPServer  # noqa: E402
from twisted.conch.ssh.factory import SSHFactory  # noqa: E402
from twisted.conch.ssh.filetransfer import FileTransferServer  # noqa: E402
from twisted.conch.ssh.keys import Key  # noqa: E402
from twisted.conch.ssh.session import SSHSession  # noqa: E402
from twisted.conch.unix import SFTPServerForUnixConchUser  # noqa: E402
from twisted.cred.portal import IRealm, Portal  # noqa: E402
from twisted.internet import reactor  # noqa: E402
from twisted.python.components import registerAdapter  # noqa: E402
from twisted.python.filepath import FilePath  # noqa: E402
from zope.interface import implementer  # noqa: E402


class User(ConchUser):
    def __init__(self):
        super().__init__()
        self.channelLookup[b"session"] = SSHSession
        self.subsystemLookup[b"sftp"] = FileTransferServer

    def getHomeDir(self):
        return FilePath("/")

    def _runAsUser(self, f, *args, **kw):
        """Does what twisted.conch.unix.UnixConchUser does between two changes of user: one call, or a list of calls."""
        calls = [(f, args, kw)] if callable(f) else f
        for call, *rest in calls:
            result = call(*(rest[0] if rest else ()), **(rest[1] if len(rest) > 1 else {}))
        return result


@implementer(IRealm)
class Realm:
    def requestAvatar(self, name, mind, *interfaces):
        return interfaces[0], User(), lambda: None


class Keys:
    """The key, whoever the user says to be."""

    def __init__(self, key):
        self.key = key

    def __getitem__(self, user):
        return [self.key]

    get = lambda self, user, default: [self.key]  # noqa: E731


def main(port, host_key, authorized):
    registerAdapter(SFTPServerForUnixConchUser, User, ISFTPServer)
    key = Key.fromFile(host_key)
    factory = SSHFactory()
    factory.publicKeys = {b"ssh-ed25519": key.public()}
    factory.privateKeys = {b"ssh-ed25519": key}
    factory.getPrimes = lambda: None
    factory.portal = Portal(Realm(), [SSHPublicKeyChecker(InMemorySSHKeyDB(Keys(Key.fromFile(authorized))))])
    reactor.listenTCP(int(port), factory, interface="127.0.0.1")
    reactor.run()


main(*sys.argv[1:])
