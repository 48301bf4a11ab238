// Policy files as the command line reads them, and what their help says of them: enough to write one without any other page.
import { basename, resolve } from 'node:path';
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { CallArgument } from '../../preload/contract/calls.ts';
import { fitsFrame } from '../../preload/contract/pipe.ts';
import { POLICY_FILE_MAX } from '../../preload/contract/policy.ts';
import { policyTextOf, readPolicyText } from '../handlers/policy-text.ts';
import { encodingNote } from '../../preload/contract/encoding-words.ts';
import type { Output } from './output.ts';

export const POLICY_FORMAT = `  One policy, a list of them, or what "policies export" writes:
    {
      "name": "web-servers",       small letters, digits, hyphens
      "rank": 20,                  the lowest that holds wins; two of one rank that want different things hold the machine
      "when": { "all": [           a test, or all, any, none of a list; { "all": [] } is every machine
        { "fact": "manufacturer", "glob": "Dell*" },
        { "fact": "memory.size", "atLeast": "64 GiB" },
        { "none": [{ "fact": "role", "equal": "production" }] }
      ] },
      "outcome": { "kind": "deploy-newest", "labels": { "role": "web" } },
      "consent": "ask"             default; or "auto": erases without asking while the site is armed; not what a recipe or a set will build
    }
  Tests: equal, in (a list), glob (* and ?: the whole text, so "*R7*" finds it anywhere), matches (a regular expression: anywhere in the
    text, unless ^ and $ hold it to the ends), atLeast, atMost, moreThan, lessThan, between (["400 GB", "2 TB"], both included),
    cidr ("10.20.0.0/16"), present (true: known, false: nobody knows it). Case never counts. Sizes with their unit: "64 GiB", "1 TB",
    "10 Gbit/s". A fact that is a list, such as disk.sizes, passes when one of its values does; none of a test: when not one does.
    An NVMe disk of 1 TB: { "fact": "disk.nvme-sizes", "atLeast": "1 TB" }; two tests, of transports and of sizes, may mean two disks.
    A disk sold as 480 GB has some bytes more and never equals "480 GB"; write "between": ["480 GB", "485 GB"].
  Outcomes: {"kind": "deploy", "osoid": "…"}  {"kind": "deploy-newest", "labels": {…}}  {"kind": "boot-local"}
    {"kind": "hold", "reason": "…"}  {"kind": "build", "recipe": "…"}  {"kind": "set", "set": "…"}  (rackside recipes list, sets list)
    {"kind": "ask", "facts": ["role"]}  holds until answered, then the next policy decides; or "fields": […] (rackside fields add --help)
    The first two take "disk": {"kind": "ssd", "transport": "nvme", "minSizeBytes": 400000000000, "serial": "…"}, "grow": "root"
    and "settings": {…} (see: rackside deploy --help). Labels are those of images: rackside images list, rackside images relabel
  If wanted:
    "limit": 12                    at most so many machines at a site; the next one holds, and no later policy takes it
    "whenUnknown": "skip"          passed over where a fact is not known, instead of asking for it
    "replaceExisting": true        with "auto": also a disk that holds something, where the arming listed it
    "note": "…"                    for people
  A test of a fact that nobody knows is unknown, and where the policy might win, the machine holds and asks for it: a rack server has
    no blade.slot and would be asked for one. Say beside it for whom it is: { "fact": "machine.kind", "equal": "blade" }.
  Every fact with how its values are spelt: rackside facts --help. Those of a machine: rackside facts MACHINE, or --from FILE`;

export const POLICY_FILE = '  How the file is written: rackside policies add --help';

/** A file, or standard input for `-`, as the station takes it. */
export const policyFileOf = async (path: string, output: Pick<Output, 'note'>): Promise<Result<CallArgument<'policies.save'>>> => {
  const name = path === '-' ? 'standard input' : basename(path);
  const read = path === '-' ? policyTextOf(await readStandardInput(), name) : await readPolicyText(path);
  if (!read.ok) return read;
  const note = encodingNote(name, read.value);
  if (note !== null) output.note(note);
  const file = { name, text: read.value.text };
  if (file.text.length <= POLICY_FILE_MAX && fitsFrame({ file })) return success(file);
  if (path !== '-') return success({ name, path: resolve(path) });
  return failed('policy.file-too-long', `Standard input is longer than ${POLICY_FILE_MAX} characters.`, 'Give it as a file.');
};

/** The same of a file that has to fit into one frame, as those of fields and image sets do. */
export const shortFileOf = async (
  path: string,
  output: Pick<Output, 'note'>,
): Promise<Result<{ readonly name: string; readonly text: string }>> => {
  const file = await policyFileOf(path, output);
  if (!file.ok) return file;
  if ('text' in file.value) return success({ name: file.value.name, text: file.value.text });
  return failed('policy.file-too-long', `${path} is longer than ${POLICY_FILE_MAX} characters.`, 'Give it in several files.');
};

const readStandardInput = async (): Promise<Uint8Array> => {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts);
};
