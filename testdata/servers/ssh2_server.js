'use strict';
// An SFTP server on npm's ssh2, written as its README's example is. Arguments: what holds the files ("fs" or "memory"), the port, the host
// key, the key that may log in.
const fs = require('fs');
const path = require('path');
const { Server, utils: { parseKey, sftp: { flagsToString, STATUS_CODE } } } = require('ssh2');

const [kind, port, hostKey, authorized] = process.argv.slice(2);
const files = kind === 'fs' ? fs : require('./ssh2_memory.js');
const allowed = parseKey(fs.readFileSync(authorized));

function code(err) {
  if (err.code === 'ENOENT') return STATUS_CODE.NO_SUCH_FILE;
  if (err.code === 'EACCES' || err.code === 'EPERM') return STATUS_CODE.PERMISSION_DENIED;
  return STATUS_CODE.FAILURE;
}

function serve(sftp) {
  const handles = new Map();
  let next = 0;
  const add = (state) => {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(next);
    handles.set(next++, state);
    return handle;
  };
  const get = (handle) => handles.get(handle.readUInt32BE(0));
  const done = (id) => (err) => sftp.status(id, err ? code(err) : STATUS_CODE.OK);
  const result = (id, send) => (err, value) => (err ? sftp.status(id, code(err)) : send(value));
  const attrs = (id) => result(id, (stats) => sftp.attrs(id, stats));

  // One attribute after the other: the answer comes when all are set.
  const set = (id, target, f, a) => {
    const steps = [];
    if (a.mode !== undefined) steps.push((cb) => files[`${f}chmod`](target, a.mode & 0o7777, cb));
    if (a.mtime !== undefined) steps.push((cb) => files[`${f}utimes`](target, a.atime, a.mtime, cb));
    if (a.size !== undefined) steps.push((cb) => files[`${f}truncate`](target, a.size, cb));
    const run = (err) => (err || !steps.length ? done(id)(err) : steps.shift()(run));
    run();
  };

  sftp.on('OPEN', (id, name, flags, a) => {
    files.open(name, flagsToString(flags) || 'r', a.mode || 0o666, result(id, (fd) => sftp.handle(id, add({ fd }))));
  }).on('READ', (id, handle, offset, length) => {
    const file = get(handle);
    if (!file) return sftp.status(id, STATUS_CODE.FAILURE);
    const buffer = Buffer.alloc(length);
    files.read(file.fd, buffer, 0, length, offset, result(id, (n) => {
      if (n === 0) return sftp.status(id, STATUS_CODE.EOF);
      sftp.data(id, buffer.slice(0, n));
    }));
  }).on('WRITE', (id, handle, offset, data) => {
    const file = get(handle);
    if (!file) return sftp.status(id, STATUS_CODE.FAILURE);
    files.write(file.fd, data, 0, data.length, offset, done(id));
  }).on('FSTAT', (id, handle) => {
    const file = get(handle);
    if (!file) return sftp.status(id, STATUS_CODE.FAILURE);
    files.fstat(file.fd, attrs(id));
  }).on('FSETSTAT', (id, handle, a) => {
    const file = get(handle);
    if (!file) return sftp.status(id, STATUS_CODE.FAILURE);
    set(id, file.fd, 'f', a);
  }).on('CLOSE', (id, handle) => {
    const file = get(handle);
    if (!file) return sftp.status(id, STATUS_CODE.FAILURE);
    handles.delete(handle.readUInt32BE(0));
    if (file.names) return sftp.status(id, STATUS_CODE.OK);
    files.close(file.fd, done(id));
  }).on('OPENDIR', (id, dir) => {
    files.readdir(dir, result(id, (names) => sftp.handle(id, add({ dir, names }))));
  }).on('READDIR', (id, handle) => {
    const open = get(handle);
    if (!open) return sftp.status(id, STATUS_CODE.FAILURE);
    const names = open.names.splice(0, 100);
    if (!names.length) return sftp.status(id, STATUS_CODE.EOF);
    const entries = [];
    let left = names.length;
    names.forEach((filename) => files.lstat(path.join(open.dir, filename), (err, stats) => {
      if (!err) entries.push({ filename, longname: filename, attrs: stats });
      if (--left === 0) sftp.name(id, entries);
    }));
  })
    .on('STAT', (id, name) => files.stat(name, attrs(id)))
    .on('LSTAT', (id, name) => files.lstat(name, attrs(id)))
    .on('SETSTAT', (id, name, a) => set(id, name, '', a))
    .on('MKDIR', (id, name, a) => files.mkdir(name, a.mode || 0o777, done(id)))
    .on('RMDIR', (id, name) => files.rmdir(name, done(id)))
    .on('REMOVE', (id, name) => files.unlink(name, done(id)))
    .on('RENAME', (id, from, to) => files.rename(from, to, done(id)))
    .on('SYMLINK', (id, at, target) => files.symlink(target, at, done(id)))
    .on('READLINK', (id, name) => files.readlink(name, result(id, (filename) => sftp.name(id, [{ filename, longname: filename, attrs: {} }]))))
    .on('REALPATH', (id, name) => {
      const filename = path.resolve('/', name);
      sftp.name(id, [{ filename, longname: filename, attrs: {} }]);
    });
}

new Server({ hostKeys: [fs.readFileSync(hostKey)] }, (client) => {
  // The test looks at files in memory with a client that asks for one thing after the other, 45 ms each under Nagle's algorithm.
  if (kind === 'memory') client.setNoDelay(true);
  client.on('authentication', (ctx) => {
    if (ctx.method !== 'publickey' || !ctx.key.data.equals(allowed.getPublicSSH())) return ctx.reject();
    if (ctx.signature && allowed.verify(ctx.blob, ctx.signature, ctx.hashAlgo) !== true) return ctx.reject();
    ctx.accept();
  }).on('ready', () => {
    client.on('session', (accept) => accept().on('sftp', (acceptSFTP) => serve(acceptSFTP())));
  }).on('error', () => {});
}).listen(Number(port), '127.0.0.1');
