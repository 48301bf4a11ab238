// Builds the desktop program's main process (with the station's own process and its workers) and preload. The window is
// built by renderer/vite.config.ts alone, so that both hosts serve the very same bundle; scripts/build.ts runs both.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'electron-vite';

/** Entry name → source, for those that exist. */
const entries = (wanted: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(wanted)
      .map(([name, file]): [string, string] => [name, join(import.meta.dirname, file)])
      .filter(([, file]) => existsSync(file)),
  );

export default defineConfig({
  main: {
    plugins: [
      {
        // The package unpacks these files for plain Node too, away from the package.json that says what they are.
        name: 'rackside-module-type',
        generateBundle() {
          this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "type": "module" }\n' });
        },
      },
    ],
    build: {
      outDir: 'out/main',
      target: 'node24',
      rollupOptions: {
        input: entries({
          index: 'main/index.ts',
          'station-host': 'main/station/host.ts',
          headless: 'main/headless.ts',
          rackside: 'main/command/rackside.ts',
          // Workers are looked for beside the code that starts them, so each is an entry of its own.
          'chunk-worker': 'main/library/chunk-worker.ts',
          'unpack-worker': 'main/library/unpack-worker.ts',
        }),
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload can load neither packages nor ES modules.
      externalizeDeps: false,
      rollupOptions: {
        input: entries({ index: 'preload/index.ts' }),
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
});
