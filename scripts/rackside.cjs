#!/usr/bin/env node
// The `rackside` command of the package: hands its arguments to main/command/rackside.ts on the Node that npm brought.
'use strict';
process.argv.splice(2, 0, 'main/command/rackside.ts');
require('./run.cjs');
