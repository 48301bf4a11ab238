// `rackside trust …`: whose signatures this station believes.
import { readFile } from 'node:fs/promises';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { TrustView } from '../../preload/contract/library-views.ts';
import type { Command } from './command.ts';
import { table } from './output.ts';
import { printed, withStation } from './with-station.ts';

const describeTrust = ({ trusted, offered }: TrustView): string =>
  [
    table(
      ['KEY', 'NAME', 'IMAGES', 'TRUST'],
      trusted.map((key) => [key.keyId, key.name, String(key.images), key.isOwn ? 'this station' : 'trusted']),
    ),
    ...offered.flatMap(({ keyId, images }) => [
      '',
      `${keyId} is NOT trusted and signed: ${images.slice(0, 5).join(', ')}${images.length > 5 ? ` and ${images.length - 5} more` : ''}`,
      `  Compare the key with its owner, then: rackside trust add ${keyId} --name NAME`,
    ]),
  ].join('\n');

/** A file that holds a key line, or the key itself. */
const keyOf = async (word: string): Promise<Result<string>> => {
  if (/^(rackside-key |[0-9a-f]{16}$|[0-9a-f]{64}$|[A-Za-z0-9_-]{43}$)/.test(word)) return success(word);
  try {
    const text = await readFile(word, 'utf8');
    return success(text.slice(0, 400));
  } catch (error) {
    return failed(
      'trust.file-unreadable',
      `${word} is neither a key nor a file that can be read (${(error as Error).message}).`,
      'Give the line that the other station prints with: rackside trust show',
    );
  }
};

export const TRUST_COMMANDS: readonly Command[] = [
  {
    name: 'trust list',
    arguments: '',
    help: 'list the keys whose images this station deploys, and those that came with a library',
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => printed(invocation, await station.call('trust.list', {}), describeTrust)),
  },
  {
    name: 'trust show',
    arguments: '',
    help: "print this station's own key as one line, for another station's trust add",
    options: {},
    positionals: { least: 0, most: 0 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const trust = await station.call('trust.list', {});
        if (!trust.ok) return trust;
        const { own, trusted } = trust.value;
        const key = trusted.find(({ isOwn }) => isOwn);
        invocation.output.print({ line: own, keyId: key?.keyId, name: key?.name }, own);
        return success(null);
      }),
  },
  {
    name: 'trust add',
    arguments: 'FILE-OR-KEY',
    help: 'trust a key: its line, a file that holds it, or the id of an offered key',
    options: { name: { type: 'string', value: 'NAME', help: 'whose key it is' } },
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) => {
        const key = await keyOf(invocation.positionals[0] ?? '');
        if (!key.ok) return key;
        const trust = await station.call('trust.add', { key: key.value, name: invocation.text('name') ?? '' });
        return printed(invocation, trust, describeTrust);
      }),
  },
  {
    name: 'trust remove',
    arguments: 'KEYID',
    help: 'trust a key no longer; its images stay and are not deployed',
    options: {},
    positionals: { least: 1, most: 1 },
    run: (invocation) =>
      withStation(invocation, async (station) =>
        printed(invocation, await station.call('trust.remove', { keyId: invocation.positionals[0] ?? '' }), describeTrust),
      ),
  },
];
