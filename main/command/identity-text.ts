// What a capture found of its source's identity, as lines of text: for `images show` and `job`.
import type { IdentityFinding, IdentityReport, IdentityTrace } from '../../agent/protocol/identity.ts';
import { size } from './output.ts';

const OUTCOMES: Readonly<Record<IdentityFinding['outcome'], string>> = {
  found: 'IN IT',
  removed: 'removed',
  reset: 'reset',
  left: 'LEFT',
  added: 'added',
};

/** Without indentation. Empty where a list is there and nothing is on it. */
export const identityLines = (report: IdentityReport): readonly string[] => {
  const { findings, problems, more, neutralise } = report;
  const isIn = findings.filter(({ outcome }) => outcome === 'found' || outcome === 'left').length;
  const gone = findings.filter(({ outcome }) => outcome === 'removed' || outcome === 'reset').length;
  const asked = neutralise.length === 0 ? 'nothing was to be neutralised' : `${gone} neutralised`;
  const shownNotes = new Set<string>();
  return [
    `${isIn} of its source in it, ${asked}${more === 0 ? '' : `, ${more} more not listed`}`,
    ...findings.flatMap((finding) => {
      const { kind, volume, path, what, value, outcome, was, now, note } = finding;
      const difference = outcome === 'reset' ? `${trace(was)} → ${trace(now)}` : outcome === 'added' ? trace(now) : trace(was);
      const head = `${OUTCOMES[outcome].padEnd(8)} ${kind.padEnd(14)} ${path}  (${what}${value === null || value === '' ? '' : `: ${value}`})`;
      // A dozen host keys say the same.
      const isNew = !shownNotes.has(`${kind} ${note}`);
      shownNotes.add(`${kind} ${note}`);
      return [head, `         ${difference}, ${volume}`, ...(isNew && outcome !== 'found' ? [`         ${note}`] : [])];
    }),
    ...problems.flatMap(({ volume, message, next }) => [`NOT SEEN ${volume}: ${message}`, `         ${next}`]),
  ];
};

const trace = (one: IdentityTrace | null): string => {
  if (one === null) return 'nothing';
  const files = one.files === undefined ? '' : `${one.files} files, `;
  return `${one.type === 'file' ? '' : `${one.type}, `}${files}${size(one.sizeBytes)}${one.sha256 === null ? '' : `, sha256 ${one.sha256.slice(0, 12)}…`}`;
};
