// The window's files as a fixed table from URL path to bytes, read once at start. A request is looked up, never joined
// to a folder, so no URL can name a file that is not the window's.
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';

export type BundleFile = { readonly bytes: Buffer; readonly contentType: string; readonly etag: string; readonly immutable: boolean };
export type Bundle = { readonly files: ReadonlyMap<string, BundleFile>; readonly indexHtml: string };

/** Where the build leaves a place for the nonce of each document. */
export const NONCE_PLACEHOLDER = '__RACKSIDE_NONCE__';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.txt': 'text/plain; charset=utf-8',
};

/** Reads `folder` (as built to out/renderer). Fails with `window.bundle-missing` when there is no index.html in it. */
export const readBundle = async (folder: string): Promise<Result<Bundle>> => {
  const files = new Map<string, BundleFile>();
  const missing = (): Result<Bundle> =>
    failed(
      'window.bundle-missing',
      `The window has not been built: ${folder} holds no index.html.`,
      'Run `npm run build`, then start again.',
    );
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return missing();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const contentType = CONTENT_TYPES[extname(entry.name)];
    if (contentType === undefined) continue;
    const bytes = await readFile(file);
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`;
    // The build puts a hash of the content into the names under assets/.
    files.set(path, { bytes, contentType, etag, immutable: path.startsWith('/assets/') });
  }
  const index = files.get('/index.html');
  if (index === undefined) return missing();
  files.delete('/index.html');
  return success({ files, indexHtml: index.bytes.toString('utf8') });
};
