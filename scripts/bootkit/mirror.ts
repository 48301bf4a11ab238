// Finds the Debian mirrors this computer already uses, so that the kit is built through the network path its owner chose.
// Formats: sources.list(5), one-line and deb822.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** One place packages come from, as apt's configuration names it. */
export type AptSource = {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string;
};

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** Reads `deb [options] URI SUITE COMPONENT...` lines; comments, `deb-src` and anything else are skipped. */
export const parseOneLineSources = (text: string): AptSource[] => {
  const sources: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /signed-by=(\S+)/.exec(options)?.[1] ?? '';
    sources.push({ uri, suites: [suite], components: words(components), signedBy });
  }
  return sources;
};

/** Reads deb822 stanzas; disabled ones and those without `Types: deb` are skipped. */
export const parseDeb822Sources = (text: string): AptSource[] => {
  const sources: AptSource[] = [];
  // Comment lines go first: they may stand inside a stanza.
  const bare = text.replaceAll(/^#.*\n?/gm, '');
  for (const stanza of bare.split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    let name = '';
    for (const line of stanza.split('\n')) {
      const match = /^([A-Za-z-]+):(.*)$/.exec(line);
      if (match !== null) name = (match[1] ?? '').toLowerCase();
      const value = match === null ? line : (match[2] ?? '');
      if (name !== '') fields.set(name, `${fields.get(name) ?? ''} ${value}`);
    }
    const list = (field: string): string[] => words(fields.get(field) ?? '');
    if (!list('types').includes('deb') || list('enabled')[0]?.toLowerCase() === 'no') continue;
    for (const uri of list('uris')) {
      sources.push({ uri, suites: list('suites'), components: list('components'), signedBy: list('signed-by')[0] ?? '' });
    }
  }
  return sources;
};

/**
 * The main archive among a computer's apt sources: the one that offers `main` of a plain suite and is signed by, or named
 * like, Debian's archive. Security and update suites live under other addresses or hold only part of the packages.
 */
export const chooseMirror = (sources: readonly AptSource[]): string | undefined => {
  const plain = sources.filter(
    (source) => source.components.includes('main') && source.suites.some((suite) => /^[a-z]+$/.test(suite)) && !/security/.test(source.uri),
  );
  const debian = (source: AptSource): boolean => /debian-archive/.test(source.signedBy) || /\/debian\/?$/.test(source.uri);
  return plain.find(debian)?.uri.replace(/\/+$/, '');
};

/** Debian's security archive among a computer's apt sources; its address serves the security suite of every release. */
export const chooseSecurityMirror = (sources: readonly AptSource[]): string | undefined => {
  const security = sources.filter(
    (source) => source.components.includes('main') && source.suites.some((suite) => suite.endsWith('-security')),
  );
  const debian = (source: AptSource): boolean => /debian-archive/.test(source.signedBy) || /\/debian-security\/?$/.test(source.uri);
  return security.find(debian)?.uri.replace(/\/+$/, '');
};

export type HostMirrors = { readonly main: string | undefined; readonly security: string | undefined };

/** Reads the computer's apt sources below `folder` (`/etc/apt`) and returns the Debian mirrors it has. */
export const hostMirrors = async (folder = '/etc/apt'): Promise<HostMirrors> => {
  const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
  const parts = (await readdir(join(folder, 'sources.list.d')).catch(() => [])).toSorted();
  const sources = parseOneLineSources(await read(join(folder, 'sources.list')));
  for (const part of parts) {
    const text = await read(join(folder, 'sources.list.d', part));
    if (part.endsWith('.list')) sources.push(...parseOneLineSources(text));
    if (part.endsWith('.sources')) sources.push(...parseDeb822Sources(text));
  }
  return { main: chooseMirror(sources), security: chooseSecurityMirror(sources) };
};
