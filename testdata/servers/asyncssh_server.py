#!/usr/bin/python3
"""asyncssh's own SFTP server. Arguments: the port, the host key, the keys that may log in."""
import asyncio
import sys
import warnings

warnings.simplefilter("ignore")
import asyncssh  # noqa: E402


async def main(port, host_key, authorized):
    server = await asyncssh.listen(
        "127.0.0.1", int(port), server_host_keys=[host_key], authorized_client_keys=authorized, sftp_factory=True
    )
    await server.wait_closed()


asyncio.run(main(*sys.argv[1:]))
