// A figure as a line for a person, with units.
import type { Line, Measured } from './figure.ts';

const FIGURE_WIDTH = 22;
const NUMBER_WIDTH = 22;

export const showLine = (line: Line): string => {
  const name = line.figure.padEnd(FIGURE_WIDTH);
  if ('skipped' in line) return `${name}skipped: ${line.skipped}`;
  if ('failed' in line) return `${name}FAILED: ${line.failed}`;
  const ours = withUnit(line, line.ours).padStart(NUMBER_WIDTH);
  return `${name}${ours}${againstReference(line)}${verdict(line)}`;
};

const withUnit = ({ unit }: Measured, value: number): string =>
  unit === 'bytes' ? `${(value / 1e6).toFixed(2)} MB` : `${value.toFixed(1)} ${unit}`;

const againstReference = (line: Measured): string =>
  line.reference === null ? '' : `   reference ${withUnit(line, line.reference)}   ratio ${line.ratio?.toFixed(2) ?? '?'}`;

const verdict = (line: Measured): string => {
  if (line.limit === null) return '';
  const most = line.isCost !== true && (line.unit === 'bytes' || line.isTime === true) ? withUnit(line, line.limit) : `${line.limit}`;
  const limit = line.unit === 'bytes' || line.isCost === true || line.isTime === true ? `at most ${most}` : `at least ${most}`;
  return `   ${limit}: ${line.holds ? 'holds' : 'DOES NOT HOLD'}`;
};
