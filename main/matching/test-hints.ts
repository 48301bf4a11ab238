// What the author of a test probably meant: facts and tests by the names they have elsewhere, and operands in their right form.
import { FACTS, factDefinition } from '../../agent/protocol/facts.ts';
import { OPERATORS } from './tests.ts';
import { nearest } from './text.ts';

/** What people call facts in other tools and in speech. */
const ALSO_CALLED: Readonly<Record<string, string>> = {
  vendor: 'manufacturer',
  product: 'model',
  memory: 'memory.size',
  ram: 'memory.size',
  serial: 'system.serial',
  uuid: 'system.uuid',
  cpu: 'cpu.model',
  cores: 'cpu.cores',
  mac: 'nic.macs',
  ip: 'network.address',
  subnet: 'network.subnet',
  vlan: 'network.vlan',
  switch: 'network.switch',
  port: 'network.port',
  slot: 'blade.slot',
  disk: 'disk.sizes',
  disks: 'disk.sizes',
  arch: 'architecture',
  firmware: 'firmware.kind',
  position: 'rack.position',
  rack: 'rack.position',
  location: 'rack.position',
  kind: 'machine.kind',
  type: 'machine.kind',
  asset: 'asset.tag',
  tag: 'asset.tag',
  chassis: 'chassis.type',
  cpus: 'cpu.count',
  sockets: 'cpu.count',
  'disk.type': 'disk.kinds',
  'disk.size': 'disk.sizes',
  nic: 'nic.macs',
  gpu: 'pci.ids',
  tpm: 'tpm.version',
  bios: 'firmware.version',
  uefi: 'firmware.kind',
  hostname: 'input.hostname',
};
export const factHint = (fact: string): string => {
  const called = fact
    .toLowerCase()
    .replaceAll(/[_ ]/g, '.')
    .replaceAll(/\.(total|bytes|gb|number)$/g, '');
  const known =
    ALSO_CALLED[called] ??
    (Object.hasOwn(FACTS, called) ? called : (nearest(called, Object.keys(FACTS)) ?? nearest(fact, Object.keys(FACTS))));
  return known === null
    ? '; see their names with: rackside facts --help; what people type at a machine is "input.NAME"'
    : `, did you mean "${known}"`;
};

const TEST_ALSO_CALLED: Readonly<Record<string, (typeof OPERATORS)[number]>> = {
  equals: 'equal',
  eq: 'equal',
  is: 'equal',
  '==': 'equal',
  '=': 'equal',
  value: 'equal',
  oneOf: 'in',
  anyOf: 'in',
  like: 'glob',
  contains: 'glob',
  startsWith: 'glob',
  endsWith: 'glob',
  regex: 'matches',
  regexp: 'matches',
  match: 'matches',
  min: 'atLeast',
  gte: 'atLeast',
  '>=': 'atLeast',
  max: 'atMost',
  lte: 'atMost',
  '<=': 'atMost',
  greaterThanOrEqual: 'atLeast',
  lessThanOrEqual: 'atMost',
  gt: 'moreThan',
  greaterThan: 'moreThan',
  '>': 'moreThan',
  lt: 'lessThan',
  '<': 'lessThan',
  exists: 'present',
  known: 'present',
  subnet: 'cidr',
};
export const testHint = (name: string): string => {
  if (['not', 'notEqual', 'notEquals', 'ne', 'notIn', '!='].includes(name)) return '; write {"none": [{"fact": …, "equal": …}]}';
  const known = (Object.hasOwn(TEST_ALSO_CALLED, name) ? TEST_ALSO_CALLED[name] : undefined) ?? nearest(name, OPERATORS);
  return known === null ? `; tests are ${OPERATORS.join(', ')}` : `, did you mean "${known}"`;
};

/** `{"model": "R740"}` is how many write `{"fact": "model", "equal": "R740"}`. */
export const withoutFact = (test: Readonly<Record<string, unknown>>): string => {
  const [name, ...others] = Object.keys(test);
  if (name === 'not') return '; for "not" write {"none": […]}';
  if (name === undefined || others.length > 0 || factDefinition(name) === null) return '';
  return `; write {"fact": "${name}", "equal": ${JSON.stringify(test[name])}}`;
};

export const operandProblem = (operator: string, operand: unknown): string => {
  const found = JSON.stringify(operand)?.slice(0, 60) ?? 'nothing';
  if (operator === 'in') {
    if (Array.isArray(operand) && operand.length === 0) return 'is empty and would never hold; list the values';
    return `is not a list of texts or numbers that "in" can take; write [${Array.isArray(operand) ? '…' : found}]`;
  }
  if (operator === 'equal' && Array.isArray(operand)) return `takes one value; for several write "in": ${found}`;
  if (operator === 'present') return `${found} is not a value that "present" can take; write true or false without quotes`;
  if (operator === 'glob' || operator === 'matches' || operator === 'cidr')
    return `${found} is not a value that "${operator}" can take; write a text of at most 200 characters in double quotes`;
  return `${found} is not a value that "${operator}" can take; write a number, or a size with its unit such as "64 GiB"`;
};
