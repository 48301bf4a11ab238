// app://rackside/…: the window's own files, from a fixed table made at start. A page never names a path on the disk, and every
// document carries a fresh nonce for its styles.
import type { Bundle } from '../pipe/bundle.ts';
import { COMMON_HEADERS, renderDocument } from '../pipe/document.ts';

export const APP_SCHEME = 'app';
export const APP_ORIGIN = 'app://rackside';

/** The answer to one request of the window; `pipeOrigin` is the only place that the page may connect to. */
export const answerAppRequest = (bundle: Bundle, requestUrl: string, pipeOrigin: string): Response => {
  const url = new URL(requestUrl);
  if (`${url.protocol}//${url.host}` !== APP_ORIGIN) return new Response('not here', { status: 404 });
  const path = url.pathname === '/' ? '/index.html' : url.pathname;
  if (path === '/index.html') {
    const { html, policy } = renderDocument(bundle.indexHtml, pipeOrigin);
    return new Response(html, {
      headers: { ...COMMON_HEADERS, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    });
  }
  const file = bundle.files.get(path);
  if (file === undefined) return new Response('not here', { status: 404 });
  return new Response(new Uint8Array(file.bytes), { headers: { ...COMMON_HEADERS, 'content-type': file.contentType } });
};
