#!/usr/bin/env node
// The `rackside` command of the package: hands its arguments to scripts/rackside.ts on the Node that npm brought.
'use strict';
process.argv.splice(2, 0, 'scripts/rackside.ts');
require('./run.cjs');
