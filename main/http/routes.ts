// The ordered table of routes; the first whose method and path fit answers.
import type { HttpAnswer } from './answer.ts';
import type { HttpRequest } from './request.ts';

/** What a path held for a route, such as `{ mac: '52:54:00:12:34:56' }`. */
export type PathParts = Readonly<Record<string, string>>;

export interface Route {
  /** Upper case. A GET route also answers HEAD. */
  readonly method: string;
  readonly match: (path: string) => PathParts | null;
  readonly handle: (request: HttpRequest, parts: PathParts) => Promise<HttpAnswer> | HttpAnswer;
}

export type Found =
  | { readonly kind: 'route'; readonly route: Route; readonly parts: PathParts }
  /** The path exists, the method does not: 405 with these. */
  | { readonly kind: 'method'; readonly allowed: readonly string[] }
  | { readonly kind: 'missing' };

export const findRoute = (routes: readonly Route[], method: string, path: string): Found => {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const allowed = new Set<string>();
  for (const route of routes) {
    const parts = route.match(path);
    if (!parts) continue;
    if (route.method === wanted) return { kind: 'route', route, parts };
    allowed.add(route.method);
    if (route.method === 'GET') allowed.add('HEAD');
  }
  return allowed.size > 0 ? { kind: 'method', allowed: [...allowed] } : { kind: 'missing' };
};

/** `/boot/ipxe/:mac` matches one segment for each name; everything else literally. */
export const pathPattern = (pattern: string): Route['match'] => {
  const wanted = pattern.split('/');
  return (path) => {
    const segments = path.split('/');
    if (segments.length !== wanted.length) return null;
    const parts: Record<string, string> = {};
    for (const [index, segment] of segments.entries()) {
      const want = wanted[index] ?? '';
      if (want.startsWith(':')) {
        if (segment === '') return null;
        parts[want.slice(1)] = segment;
      } else if (want !== segment) return null;
    }
    return parts;
  };
};
