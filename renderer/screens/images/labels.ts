// Labels as people type them: one `key=value` a line. Pure.

export type ParsedLabels = { readonly labels: Readonly<Record<string, string>>; readonly bad: string | null };

export const parseLabels = (text: string): ParsedLabels => {
  const lines = text.split('\n').map((line) => line.trim());
  const pairs = lines.filter((line) => line !== '').map((line) => ({ line, found: /^([^=\s]+)\s*=\s*(.+)$/.exec(line) }));
  const bad = pairs.find(({ found }) => found === null)?.line ?? null;
  return { labels: Object.fromEntries(pairs.flatMap(({ found }) => (found === null ? [] : [[found[1] ?? '', found[2] ?? '']]))), bad };
};
