// `rackside policies check`: a policy file judged without a station, and held against a machine that somebody recorded.
import { success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { CallArgument } from '../../preload/contract/calls.ts';
import type { Policy } from '../../preload/contract/policy.ts';
import { readPolicyText } from '../handlers/policy-text.ts';
import { readPolicyFile } from '../matching/policy-file.ts';
import { resolve } from '../matching/resolve.ts';
import { shadowed } from '../matching/shadowed.ts';
import type { Invocation } from './command.ts';
import { fileCommand } from './file-command.ts';
import { shadowLines } from './policy-lacks.ts';
import { POLICY_FILE, policyFileOf } from './policy-text.ts';
import { FROM_OPTION, readRecorded } from './recordings.ts';
import { describeTrace, resolutionText } from './trace-text.ts';

const policiesOf = async (file: CallArgument<'policies.save'>): Promise<Result<readonly Policy[]>> => {
  if ('text' in file) return readPolicyFile(file.text, file.name);
  const text = await readPolicyText(file.path);
  return text.ok ? readPolicyFile(text.value.text, file.name) : text;
};

const check = async (invocation: Invocation, file: CallArgument<'policies.save'>): Promise<number> => {
  const { output } = invocation;
  const read = await policiesOf(file);
  if (!read.ok) return output.fail(read.failure);
  const policies = read.value.map((policy) => ({ policy, enabled: true }));
  const from = invocation.list('from');
  const recorded = from.length === 0 ? success(null) : await readRecorded(from);
  if (!recorded.ok) return output.fail(recorded.failure);
  const facts = recorded.value?.facts ?? null;
  const trace = facts === null ? null : resolve({ policies, facts, used: () => 0 });
  const says = shadowed(policies).map((one) => one.says);
  output.print({ policies: policies.length, shadowed: says, trace }, () =>
    [
      `${file.name}: ${policies.length} policies, and nothing is wrong with them.`,
      ...shadowLines(says),
      ...(trace === null ? [] : ['', describeTrace(trace), '', resolutionText(trace.resolution)]),
      'What a station has of recipes, sets, images and places, and what its machines would get: rackside policies preview FILE',
    ].join('\n'),
  );
  return 0;
};

export const POLICY_CHECK = fileCommand({
  name: 'policies check',
  help: 'check a policy file without a station: what is wrong with it, what is never reached, and with --from what a recorded machine would get',
  details: POLICY_FILE,
  options: { from: FROM_OPTION },
  read: policyFileOf,
  run: check,
});
