// Headers of everything the window listener serves. The policy of a document allows no inline script or style but by
// the nonce made for this very document (CSP Level 3, W3C).
import { randomBytes } from 'node:crypto';
import { NONCE_PLACEHOLDER } from './bundle.ts';

export const COMMON_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
} as const;

export const contentSecurityPolicy = (nonce: string, pipeOrigin: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    `connect-src 'self' ${pipeOrigin}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The document with a fresh nonce, and the policy that names it. `pipeOrigin` is e.g. `ws://127.0.0.1:4242`. */
export const renderDocument = (indexHtml: string, pipeOrigin: string): { readonly html: string; readonly policy: string } => {
  const nonce = randomBytes(18).toString('base64');
  return { html: indexHtml.replaceAll(NONCE_PLACEHOLDER, nonce), policy: contentSecurityPolicy(nonce, pipeOrigin) };
};
