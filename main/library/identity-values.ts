// What a list of identity says of its very machine, left out where a person wants an image without it. PURE.
import type { IdentityFinding, IdentityReport, IdentityTrace } from '../../agent/protocol/identity.ts';

/** A short file's hash is found out by trying: names and addresses are few. */
const unnamed = (trace: IdentityTrace | null): IdentityTrace | null => (trace === null ? null : { ...trace, sha256: null });

export const withoutValues = (report: IdentityReport): IdentityReport => ({
  ...report,
  findings: report.findings.map((finding): IdentityFinding => ({
    ...finding,
    value: null,
    was: unnamed(finding.was),
    now: unnamed(finding.now),
  })),
});
