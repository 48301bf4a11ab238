// One machine's settings, filled in and checked: what cloud-init's NoCloud source will read. Pure. The words of settings are never in a
// failure, only places and names: they may be secrets.
import { createHash } from 'node:crypto';
import type { Failure, Result } from '../../agent/protocol/failure.ts';
import { failed } from '../../agent/protocol/failure.ts';
import { SEED_MOST_CHARACTERS } from '../../agent/protocol/seed.ts';
import type { Seed } from '../../agent/protocol/seed.ts';
import type { Settings } from '../../preload/contract/settings.ts';
import {
  addressProblem,
  gatewayProblem,
  hostnameProblem,
  ipProblem,
  macProblem,
  sshKeyProblem,
  userDataType,
  userProblem,
} from './check-words.ts';
import { fill } from './fill.ts';
import type { FactSource, FillProblem } from './fill.ts';
import { cloudConfig, networkConfig, withUserData } from './cloud-init.ts';
import type { FilledNetwork, FilledUser } from './cloud-init.ts';

export type Rendered = {
  readonly hostname: string | null;
  /** Over everything but the instance id: the same settings of the same facts have the same. */
  readonly sha256: string;
  /** The files for a deploy of this instance. */
  readonly seed: (instanceId: string) => Seed;
};

/** Which facts are missing: a policy asks for them. */
export type RenderFailure = { readonly ok: false; readonly failure: Failure; readonly missing: readonly string[] };

/**
 * With `facts` null: what can be said without a machine. Codes: `settings.invalid`, `settings.unknown-fact`, `settings.missing-fact`,
 * `settings.fact-unsafe`, `settings.too-long`.
 */
export const renderSettings = (settings: Settings, facts: FactSource): { readonly ok: true; readonly value: Rendered } | RenderFailure => {
  const problems: Problem[] = [];
  const word = (path: string, text: string, check: (text: string) => string | null = () => null): string => {
    const filled = fill(text, facts);
    if ('kind' in filled) {
      problems.push({ path, ...filled });
      return '';
    }
    const trimmed = filled.text.trim();
    const reason = filled.open ? null : trimmed === '' ? 'is empty' : check(trimmed);
    if (reason !== null) problems.push({ path, kind: 'invalid', reason });
    return trimmed;
  };
  const words = (path: string, texts: readonly string[], check?: (text: string) => string | null): readonly string[] =>
    texts.map((text, index) => word(`${path}[${index}]`, text, check));
  const body = (path: string, text: string): string => {
    const filled = fill(text.replaceAll('\r\n', '\n'), facts);
    if ('kind' in filled) problems.push({ path, ...filled });
    return 'kind' in filled ? '' : filled.text;
  };

  const hostname = settings.hostname === undefined ? null : word('hostname', settings.hostname, hostnameProblem);
  const users = settings.users.map((user, index): FilledUser => ({
    name: word(`users[${index}].name`, user.name, userProblem),
    sshKeys: words(`users[${index}].sshKeys`, user.sshKeys, sshKeyProblem),
    groups: words(`users[${index}].groups`, user.groups, userProblem),
    sudo: user.sudo,
  }));
  const network = settings.network.map((card, index): FilledNetwork => {
    const at = `network[${index}]`;
    const addresses = words(`${at}.addresses`, card.addresses, addressProblem);
    const isGood = addresses.every((address) => addressProblem(address) === null);
    return {
      mac: word(`${at}.mac`, card.mac ?? '${network.boot-mac}', macProblem)
        .toLowerCase()
        .replaceAll('-', ':'),
      dhcp: card.dhcp,
      addresses,
      gateway:
        card.gateway === undefined
          ? null
          : word(`${at}.gateway`, card.gateway, (text) => ipProblem(text) ?? (isGood ? gatewayProblem(text, addresses) : null)),
      nameservers: words(`${at}.nameservers`, card.nameservers, ipProblem),
      search: words(`${at}.search`, card.search, hostnameProblem),
    };
  });
  for (const [index, card] of network.entries()) {
    if (!card.dhcp && card.addresses.length === 0)
      problems.push({ path: `network[${index}]`, kind: 'invalid', reason: 'has neither addresses nor "dhcp": true' });
    if (facts !== null && network.findIndex(({ mac }) => mac === card.mac) !== index)
      problems.push({ path: `network[${index}].mac`, kind: 'invalid', reason: 'names a card that another entry names' });
  }
  if (settings.networkConfig !== undefined && network.length > 0)
    problems.push({ path: 'networkConfig', kind: 'invalid', reason: 'and "network" say the same thing twice; leave one of them out' });
  const userData = settings.userData === undefined ? null : body('userData', settings.userData);
  if (userData !== null && userDataType(userData) === null && !problems.some(({ path }) => path === 'userData'))
    problems.push({
      path: 'userData',
      kind: 'invalid',
      reason: 'begins with neither #cloud-config nor #!, so cloud-init would not know it',
    });
  const rawNetwork = settings.networkConfig === undefined ? null : body('networkConfig', settings.networkConfig);
  if (problems.length > 0) return failureOf(problems);

  const files: Seed['files'] = [
    { name: 'user-data', text: withUserData(cloudConfig(hostname, users), userData) },
    ...(rawNetwork === null && network.length === 0
      ? []
      : [{ name: 'network-config' as const, text: rawNetwork ?? networkConfig(network) }]),
  ];
  if (files.reduce((sum, { text }) => sum + text.length, 0) > SEED_MOST_CHARACTERS - 1024) {
    const next = 'Let user-data fetch what is large from a server, or bake it into the image.';
    return { ...failed('settings.too-long', `The settings are longer than ${SEED_MOST_CHARACTERS / 1024} KiB.`, next), missing: [] };
  }
  const sha256 = createHash('sha256')
    .update(JSON.stringify(['settings/1', hostname, files]))
    .digest('hex');
  const meta = (instanceId: string) => ({ 'instance-id': instanceId, ...(hostname === null ? {} : { 'local-hostname': hostname }) });
  const rendered: Rendered = {
    hostname,
    sha256,
    seed: (instanceId) => ({
      instanceId,
      settingsSha256: sha256,
      files: [{ name: 'meta-data', text: `${JSON.stringify(meta(instanceId))}\n` }, ...files],
    }),
  };
  return { ok: true, value: rendered };
};

type Problem = { readonly path: string } & (FillProblem | { readonly kind: 'invalid'; readonly reason: string });

const failureOf = (problems: readonly Problem[]): RenderFailure => {
  const missing = [...new Set(problems.flatMap((one) => (one.kind === 'missing' ? [one.name] : [])))];
  const [first] = problems.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  if (first === undefined) throw new Error('a failure without a problem');
  return { ...sentence(first, missing), missing: first.kind === 'missing' ? missing : [] };
};

/** What no machine can cure comes first. */
const ORDER: readonly Problem['kind'][] = ['unknown', 'invalid', 'unsafe', 'missing'];

const sentence = (problem: Problem, missing: readonly string[]): Extract<Result<never>, { ok: false }> => {
  const at = `settings.${problem.path}`;
  switch (problem.kind) {
    case 'unknown':
      return failed(
        'settings.unknown-fact',
        `${at}: there is no fact "${problem.name}"${problem.hint}.`,
        'Correct the name; nothing was changed.',
      );
    case 'invalid':
      return failed('settings.invalid', `${at} ${problem.reason}.`, 'Correct it and try again; nothing was changed.');
    case 'unsafe':
      return failed(
        'settings.fact-unsafe',
        `${at}: the value of "${problem.name}" holds control characters, which could change the settings.`,
        `Say the fact by hand (rackside fact MACHINE ${problem.name}=VALUE), or use another.`,
      );
    case 'missing':
      return failed(
        'settings.missing-fact',
        `${at}: this machine has no value for ${missing.map((name) => `"${name}"`).join(', ')}.`,
        `Say it (rackside fact MACHINE ${problem.name}=VALUE) or give it in the site plan; nothing was changed.`,
      );
  }
};
