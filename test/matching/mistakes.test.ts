// Policies as somebody writes them who has read only the help, each with one mistake: every sentence names the line, the place, the
// reason and, where it can be told, the right spelling.
import { expect, test } from 'vitest';
import { readPolicyFile } from '../../main/matching/policy-file.ts';

const sound = { name: 'web', rank: 20, when: { all: [] }, outcome: { kind: 'boot-local' }, consent: 'ask' };
const policy = (change: Readonly<Record<string, unknown>>): string => JSON.stringify({ ...sound, ...change }, null, 2);
const when = (condition: unknown): string => policy({ when: condition });
const outcome = (value: unknown): string => policy({ outcome: value });
const disk = (hint: unknown): string => outcome({ kind: 'deploy-newest', labels: { role: 'web' }, disk: hint });
const without = (field: keyof typeof sound): string =>
  JSON.stringify(Object.fromEntries(Object.entries(sound).filter(([key]) => key !== field)));

/** The text, the place it names, and words of the reason and of the right spelling. */
const MISTAKES: readonly (readonly [string, string, ...string[]])[] = [
  // Facts.
  [when({ fact: 'modle', equal: 'R740' }), 'when.fact', 'unknown fact "modle"', 'did you mean "model"'],
  [when({ fact: 'vendor', equal: 'dell' }), 'when.fact', 'did you mean "manufacturer"'],
  [when({ fact: 'Memory.Size', atLeast: 1 }), 'when.fact', 'did you mean "memory.size"'],
  [when({ fact: 'memory_size', atLeast: 1 }), 'when.fact', 'did you mean "memory.size"'],
  [when({ fact: 'ram', atLeast: 1 }), 'when.fact', 'did you mean "memory.size"'],
  [when({ fact: 'shelf colour', equal: 'x' }), 'when.fact', 'rackside facts --help', 'input.NAME'],
  [when({ fact: 'input.Shelf', equal: 'x' }), 'when.fact', 'input names are a-z'],
  [when({ fact: 7, equal: 'x' }), 'when', 'needs a fact'],
  [when({ model: 'R740' }), 'when', 'write {"fact": "model", "equal": "R740"}'],
  [when({ fact: 'disk.type', equal: 'ssd' }), 'when.fact', 'did you mean "disk.kinds"'],
  [when({ fact: 'kind', equal: 'rack' }), 'when.fact', 'did you mean "machine.kind"'],
  [when({ fact: 'dmi.product.name', equal: 'R740' }), 'when.fact', 'did you mean "model"'],
  [when({ fact: 'memorysize_mb', atLeast: 1 }), 'when.fact', 'did you mean "memory.size"'],
  [when({ fact: 'physicalprocessorcount', atLeast: 2 }), 'when.fact', 'did you mean "cpu.count"'],
  [when({ fact: 'is_virtual', equal: true }), 'when.fact', 'did you mean "machine.kind"'],
  [when({ fact: 'gpu_vendor', equal: 'nvidia' }), 'when.fact', 'did you mean "pci.ids"'],
  [when({ fact: 'IPAddress', cidr: '10.0.0.0/8' }), 'when.fact', 'did you mean "network.address"'],
  [when({ fact: 'cpu.cores', ge: 32 }), 'when.ge', 'did you mean "atLeast"'],
  [when({ fact: 'cpu.cores', '<': 32 }), 'when.<', 'did you mean "lessThan"'],
  [when({ fact: 'model', starts_with: 'R7' }), 'when.starts_with', 'did you mean "glob"'],
  [when({ fact: 'model', '!~': 'R7' }), 'when.!~', 'write {"none": ['],
  [when({ fact: 'cpu.cores', range: [4, 8] }), 'when.range', 'did you mean "between"'],
  [when({ fact: 'cpu.cores', between: 4 }), 'when.between', 'write both ends, such as ["400 GB", "2 TB"]'],
  [when({ fact: 'cpu.cores', between: [8, 4] }), 'when.between', 'would never hold', 'write [4, 8]'],
  [when({ fact: 'hostname', glob: 'web*' }), 'when.fact', 'did you mean "input.hostname"'],
  [when({ fact: 'machine.kind', equal: 'Notebook' }), 'when.equal', 'did you mean "laptop"'],
  // Tests and their operands.
  [when({ fact: 'cpu.cores', greaterThan: 31 }), 'when.greaterThan', 'did you mean "moreThan"'],
  [when({ fact: 'role', notIn: ['web'] }), 'when.notIn', 'write {"none": ['],
  [when({ fact: 'model', equals: 'R740' }), 'when.equals', 'did you mean "equal"'],
  [when({ fact: 'model', regex: 'R7' }), 'when.regex', 'did you mean "matches"'],
  [when({ fact: 'memory.size', min: '1 GiB' }), 'when.min', 'did you mean "atLeast"'],
  [when({ fact: 'role', not: 'web' }), 'when.not', 'write {"none": ['],
  [when({ fact: 'model' }), 'when', 'needs exactly one of equal'],
  [when({ fact: 'cpu.cores', atLeast: 4, atMost: 8 }), 'when', 'a test of its own within {"all"'],
  [when({ fact: 'disk.sizes', atLeast: '1,9 TB' }), 'when.atLeast', 'with a point: "1.9 TB"'],
  [when({ fact: 'memory.size', atLeast: '1,024 GiB' }), 'when.atLeast', '"1.024 GiB", or "1024 GiB"'],
  [when({ fact: 'memory.size', atLeast: '64 G' }), 'when.atLeast', '"64 G" is not a quantity', '"64 GiB" or "64 GB"'],
  [when({ fact: 'memory.size', atLeast: '64 Gbit/s' }), 'when.atLeast', 'not a quantity of this kind', 'GiB'],
  [when({ fact: 'nic.speeds', atLeast: '10 Gbps' }), 'when.atLeast', '"10 Gbit/s"'],
  [when({ fact: 'cpu.cores', atLeast: '4 cores' }), 'when.atLeast', 'plain number'],
  [when({ fact: 'memory.size', atLeast: true }), 'when.atLeast', 'true is not a value', '"64 GiB"'],
  [when({ fact: 'model', atLeast: 3 }), 'when.atLeast', 'text fact and has no order'],
  [when({ fact: 'model', equal: 740 }), 'when.equal', 'text fact and can never be 740'],
  [when({ fact: 'model', equal: ['a', 'b'] }), 'when.equal', 'for several write "in": ["a","b"]'],
  [when({ fact: 'secure-boot', equal: 'true' }), 'when.equal', 'flag fact', 'Write true or false without quotes'],
  [when({ fact: 'blade.slot', in: [1, 2] }), 'when.in', 'text fact and can never be 1', 'Write a text: "1"'],
  [when({ fact: 'role', in: 'web' }), 'when.in', 'write ["web"]'],
  [when({ fact: 'role', in: [] }), 'when.in', 'is empty and would never hold'],
  [when({ fact: 'role', present: 'yes' }), 'when.present', 'write true or false without quotes'],
  [when({ fact: 'model', glob: 7 }), 'when.glob', 'in double quotes'],
  [when({ fact: 'cpu.cores', glob: '1*' }), 'when.glob', 'number fact', 'atLeast'],
  [when({ fact: 'model', matches: '(?<=R)740' }), 'when.matches', 'look-around', 'at character 3'],
  [when({ fact: 'model', matches: '(?i)r740' }), 'when.matches', 'Leave (?i) out: case never counts'],
  [when({ fact: 'model', matches: '\\bR740\\b' }), 'when.matches', '\\b is not supported', '(^|[^a-z0-9])word([^a-z0-9]|$)'],
  [when({ fact: 'model', matches: '\\AR740\\Z' }), 'when.matches', 'Write ^ for the beginning'],
  [when({ fact: 'model', matches: 'R[[:digit:]]+' }), 'when.matches', '[:digit:] is not supported', 'Write [\\d]'],
  [when({ fact: 'model', matches: '(a)\\1' }), 'when.matches', '\\1 is not supported at character 5'],
  [when({ fact: 'model', matches: 'R7[40' }), 'when.matches', 'a [ without its ]'],
  [when({ fact: 'network.address', cidr: '10.0.0.5/24' }), 'when.cidr', 'bits beyond its prefix', '"10.0.0.0/24"', '"10.0.0.5"'],
  [when({ fact: 'network.address', cidr: 'fd00::5/64' }), 'when.cidr', '"fd00:0:0:0:0:0:0:0/64"'],
  [when({ fact: 'network.address', cidr: '10.0.0/8' }), 'when.cidr', 'is not a network', '10.20.0.0/16'],
  [when({ fact: 'asset.tag', absent: true }), 'when.absent', '{"fact": …, "present": false}'],
  [when({ fact: 'asset.tag', equal: null }), 'when.equal', '{"fact": …, "present": false}'],
  // Groups.
  [when({ and: [{ fact: 'role', equal: 'web' }] }), 'when', 'for "and" write {"all": […]}'],
  [when({ or: [{ fact: 'role', equal: 'web' }] }), 'when', 'for "or" write {"any": […]}'],
  [when([{ fact: 'role', equal: 'web' }]), 'when', 'write {"all": […]}'],
  [when({ all: { fact: 'role', equal: 'web' } }), 'when.all', '{"all": [{"fact":"role","equal":"web"}]}'],
  [
    when({ all: [{ fact: 'role', present: true }], none: [{ fact: 'user', present: true }] }),
    'when',
    'exactly one of all, any, none',
    'nest them',
  ],
  [when({ any: [] }), 'when.any', 'is empty and would never hold'],
  [when({ none: [] }), 'when.none', 'for every machine write {"all": []}'],
  [when({ all: ['role'] }), 'when.all[0]', '{"fact": "role", "equal": "web"}'],
  [when({ not: { fact: 'role', equal: 'web' } }), 'when', 'for "not" write {"none": […]}'],
  [without('when'), 'when', 'for every machine write {"all": []}'],
  // The fields around it.
  [policy({ rank: '20' }), 'rank', '"20" is not a whole number', 'write 20'],
  [policy({ rank: 1.5 }), 'rank', 'write 2'],
  [policy({ rank: -1 }), 'rank', '-1 is not a whole number from 0'],
  [without('rank'), 'rank', 'is missing: a whole number'],
  [policy({ name: 'Web Servers' }), 'name', 'small letters', 'write "web-servers"'],
  [without('name'), 'name', 'is missing'],
  [policy({ consent: 'Auto' }), 'consent', 'write "auto"'],
  [policy({ consent: true }), 'consent', 'true is not "ask" or "auto"'],
  [policy({ limit: '8' }), 'limit', 'write 8'],
  [policy({ limit: 0 }), 'limit', '0 is not a whole number of machines from 1 on'],
  [policy({ whenUnknown: 'ignore' }), 'whenUnknown', '"ask" or "skip"'],
  [policy({ replaceExisting: 'yes' }), 'replaceExisting', 'write true'],
  [policy({ priority: 1 }), 'priority', 'unknown field "priority"', 'there are name, rank'],
  [policy({ priority: 1 }), 'priority', 'did you mean "rank"'],
  [policy({ comment: 'x' }), 'comment', 'did you mean "note"'],
  [policy({ description: 'x' }), 'description', 'did you mean "note"'],
  [policy({ conditions: [] }), 'conditions', 'did you mean "when"'],
  [policy({ enabled: false }), 'enabled', 'rackside policies enable'],
  [policy({ Rank: 1 }), 'Rank', 'did you mean "rank"'],
  [policy({ fact: 'role', equal: 'web' }), 'fact', 'conditions stand in "when"'],
  // Outcomes.
  [outcome({ kind: 'local' }), 'outcome.kind', 'did you mean "boot-local"'],
  [outcome({ kind: 'latest' }), 'outcome.kind', 'did you mean "deploy-newest"'],
  [outcome({ kind: 'wait' }), 'outcome.kind', 'did you mean "hold"'],
  [outcome({ kind: 'deploy-newest', labels: { role: '*' } }), 'outcome.labels.role', 'takes the * as itself'],
  [outcome('boot-local'), 'outcome', 'write {"kind": "boot-local"}'],
  [
    outcome({ kind: 'deploy-latest', labels: { role: 'web' } }),
    'outcome.kind',
    'unknown outcome "deploy-latest"',
    'did you mean "deploy',
    'outcomes are deploy',
  ],
  [outcome({ labels: { role: 'web' } }), 'outcome.kind', 'is missing'],
  [outcome({ kind: 'deploy-newest', labels: ['role=web'] }), 'outcome.labels', 'write {"role":"web"}'],
  [outcome({ kind: 'deploy-newest', labels: 'role=web' }), 'outcome.labels', 'write {"role":"web"}'],
  [outcome({ kind: 'deploy-newest', labels: { revision: 7 } }), 'outcome.labels.revision', 'write "7"'],
  [outcome({ kind: 'deploy-newest', labels: {} }), 'outcome.labels', 'is empty'],
  [outcome({ kind: 'deploy-newest', label: { role: 'web' } }), 'outcome.label', 'did you mean "labels"'],
  [outcome({ kind: 'deploy', osoid: 'abc' }), 'outcome.osoid', '64 hexadecimal digits'],
  [outcome({ kind: 'deploy', osoid: 'A'.repeat(64) }), 'outcome.osoid', `write "${'a'.repeat(64)}"`],
  [outcome({ kind: 'deploy', image: 'debian' }), 'outcome.image', 'named by its "osoid"', '"deploy-newest"'],
  [disk({ kind: 'nvme' }), 'outcome.disk.kind', '"nvme" is not "ssd" or "hdd"', 'write "transport": "nvme"'],
  [disk({ kind: 'sdd' }), 'outcome.disk.kind', 'write "ssd"'],
  [disk({ minSizeBytes: '400 GB' }), 'outcome.disk.minSizeBytes', 'a whole number of bytes', 'write 400000000000'],
  [disk({ transport: 'NVMe' }), 'outcome.disk.transport', 'nvme, sata', 'did you mean "nvme"'],
  [disk({ minSizeBytes: 2, maxSizeBytes: 1 }), 'outcome.disk.maxSizeBytes', 'no disk would do'],
  [disk({ minSize: 1 }), 'outcome.disk.minSize', 'there are serial, wwn'],
  [outcome({ kind: 'hold' }), 'outcome.reason', 'is missing'],
  [outcome({ kind: 'ask', facts: 'role' }), 'outcome.facts', 'write ["role"]'],
  [outcome({ kind: 'ask', facts: ['rol'] }), 'outcome.facts[0]', 'did you mean "role"'],
  [outcome({ kind: 'boot-local', disk: {} }), 'outcome.disk', 'unknown field "disk"'],
];

test.each(MISTAKES)('%s: %s', (text, place, ...words) => {
  const read = readPolicyFile(text, 'web.json');
  const { code, message } = read.ok ? expect.fail('it was taken') : read.failure;
  expect(code).toBe('policy.invalid');
  expect(message).toMatch(new RegExp(`\\n  line \\d+(, policy "[^"]+")?, ${place.replaceAll(/[.[\]]/g, '\\$&')}: `));
  for (const word of words) expect(message).toContain(word);
});

test.each([
  [
    outcome({ kind: 'build', recipe: 'wbe' }),
    'unknown recipe "wbe", did you mean "web"; there are web, mail, others come with: rackside recipes add FOLDER',
  ],
  [outcome({ kind: 'build', recipe: 'mail' }), 'is switched off; switch it on with: rackside recipes enable mail'],
  [outcome({ kind: 'set', set: 'lab' }), 'unknown image set "lab"; there is none yet: rackside sets add FILE'],
])('%s: what may be named', (text, words) => {
  const known = [
    { id: 'web', enabled: true },
    { id: 'mail', enabled: false },
  ];
  expect(readPolicyFile(text, 'web.json', known)).toMatchObject({ failure: { message: expect.stringContaining(words) } });
});

test('who says nothing of consent is asked', () => {
  expect(readPolicyFile(without('consent'), 'web.json')).toMatchObject({ ok: true, value: [{ consent: 'ask' }] });
});

test('lower-case vendors, blanks and sizes in other units are no mistakes', () => {
  for (const condition of [
    { fact: 'manufacturer', equal: 'dell inc.' },
    { fact: 'memory.size', atLeast: '64gib' },
    { fact: 'cpu.cores', atLeast: '8' },
  ])
    expect(readPolicyFile(when(condition), 'web.json').ok).toBe(true);
});

test.each([
  ['{"name": "a",}', 'line 1, column 14: a comma after the last item'],
  ['[{"a": 1},\n]', 'line 2, column 1: a comma after the last item'],
  ['{\n  // ranks\n  "rank": 1}', 'line 2, column 3: comments are not taken; what is for people goes into "note"'],
  ["{'name': 'a'}", 'where a name in double quotes was expected'],
  ['{"name": \'a\'}', 'texts stand in straight double quotes'],
  ['{"name": “a”}', 'texts stand in straight double quotes'],
  ['{"rank": 020}', '020 is no number'],
  ['{"size": 64GiB}', 'a size with its unit is a text'],
  ['{"consent": ask}', 'a text stands in double quotes: "ask"'],
  ['{"rank": 1 "name": "a"}', 'where a comma or } was expected'],
  ['{"rank" 1}', 'where a : was expected after "rank"'],
  ['{"rank": 1, "rank": 2}', '"rank" stands here twice'],
  ['{"matches": "\\d+"}', 'write \\\\ for one backslash'],
  ['{"name": "a\n"}', 'without its closing "'],
  ['{"name": "a"} {"name": "b"}', 'several policies stand in a list'],
  ['{"name": "a"', 'the end of the file'],
  ['', 'the end of the file where a value was expected'],
  ['['.repeat(100_000), 'nested more than 200 deep'],
])('what is no JSON is told by line and column: %s', (text, words) => {
  const read = readPolicyFile(text, 'web.json');
  expect(read).toMatchObject({ ok: false, failure: { code: 'policy.file-unreadable', message: expect.stringContaining(words) } });
});
