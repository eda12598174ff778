'use strict';
// The part of node's fs that ssh2_server.js uses, with files in memory: each call answers at once. A file is an object with its data,
// a directory one with a Map of names.
const path = require('path');

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const now = () => Math.floor(Date.now() / 1000);
const root = { mode: S_IFDIR | 0o755, mtime: now(), names: new Map() };
const fds = new Map();
let next = 3;

function fail(code) { return Object.assign(new Error(code), { code }); }

function find(name) {
  let node = root;
  for (const part of name.split('/').filter((p) => p && p !== '.')) {
    node = node.names && node.names.get(part);
    if (!node) throw fail('ENOENT');
  }
  return node;
}

function parent(name) {
  const node = find(path.dirname(name));
  if (!node.names) throw fail('ENOTDIR');
  return node.names;
}

function stats(node) {
  return { mode: node.mode, uid: 0, gid: 0, size: node.size || 0, atime: node.mtime, mtime: node.mtime };
}

function truncate(node, size) {
  if (size > node.data.length) { // twice as much, so that a file that grows is not copied each time
    const data = Buffer.alloc(Math.max(size, 2 * node.data.length));
    node.data.copy(data, 0, 0, node.size);
    node.data = data;
  }
  if (size < node.size) node.data.fill(0, size, node.size);
  node.size = size;
}

function open(name, flags, mode) {
  const names = parent(name);
  let node = names.get(path.basename(name));
  if (node && node.names) throw fail('EISDIR');
  if (node && flags.includes('x')) throw fail('EEXIST');
  if (!node) {
    if (flags.startsWith('r')) throw fail('ENOENT');
    node = { mode: S_IFREG | mode, mtime: now(), data: Buffer.alloc(0), size: 0 };
    names.set(path.basename(name), node);
  }
  if (flags.startsWith('w')) truncate(node, 0);
  fds.set(next, node);
  return next++;
}

function write(fd, data, from, length, offset) {
  const node = fds.get(fd);
  if (node.size < offset + length) truncate(node, offset + length);
  data.copy(node.data, offset, from, from + length);
  node.mtime = now();
  return length;
}

function read(node, buffer, to, length, offset) {
  return node.data.copy(buffer, to, Math.min(offset, node.size), Math.min(offset + length, node.size));
}

function remove(name, isDir) {
  const node = find(name);
  if (Boolean(node.names) !== isDir) throw fail(isDir ? 'ENOTDIR' : 'EISDIR');
  if (isDir && node.names.size) throw fail('ENOTEMPTY');
  parent(name).delete(path.basename(name));
}

function rename(from, to) {
  const node = find(from);
  parent(to).set(path.basename(to), node);
  if (from !== to) parent(from).delete(path.basename(from));
}

function mkdir(name, mode) {
  const names = parent(name);
  if (names.has(path.basename(name))) throw fail('EEXIST');
  names.set(path.basename(name), { mode: S_IFDIR | mode, mtime: now(), names: new Map() });
}

// Each function gets a callback as its last argument, as in fs.
function withCallback(f) {
  return (...args) => {
    const callback = args.pop();
    let value;
    try {
      value = f(...args);
    } catch (err) {
      return callback(err);
    }
    return callback(null, value);
  };
}

const calls = {
  open,
  write,
  rename,
  mkdir,
  read: (fd, buffer, to, length, offset) => read(fds.get(fd), buffer, to, length, offset),
  close: (fd) => { fds.delete(fd); },
  stat: (name) => stats(find(name)),
  lstat: (name) => stats(find(name)),
  fstat: (fd) => stats(fds.get(fd)),
  chmod: (name, mode) => { const n = find(name); n.mode = (n.mode & ~0o7777) | mode; },
  fchmod: (fd, mode) => { const n = fds.get(fd); n.mode = (n.mode & ~0o7777) | mode; },
  utimes: (name, atime, mtime) => { find(name).mtime = mtime; },
  futimes: (fd, atime, mtime) => { fds.get(fd).mtime = mtime; },
  truncate: (name, size) => truncate(find(name), size),
  ftruncate: (fd, size) => truncate(fds.get(fd), size),
  readdir: (name) => {
    const node = find(name);
    if (!node.names) throw fail('ENOTDIR');
    return [...node.names.keys()];
  },
  rmdir: (name) => remove(name, true),
  unlink: (name) => remove(name, false),
  symlink: () => { throw fail('ENOSYS'); },
  readlink: () => { throw fail('EINVAL'); },
};

for (const [name, f] of Object.entries(calls)) exports[name] = withCallback(f);
