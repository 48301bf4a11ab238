// Builds the window: one bundle for the desktop window and for the browser beside a headless station. Everything it
// needs is inside (fonts too), and nothing is inlined that the content security policy would have to allow.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  // main/pipe/document.ts puts a fresh nonce in its place for every document.
  html: { cspNonce: '__RACKSIDE_NONCE__' },
  build: {
    outDir: '../out/renderer',
    emptyOutDir: true,
    target: 'chrome140',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // Served from this computer: one file is quicker than many.
    chunkSizeWarningLimit: 1000,
  },
});
