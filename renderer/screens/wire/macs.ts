// MAC addresses as people paste them: with colons, hyphens, dots or nothing, parted by space, comma or line. Pure.

export type ParsedMacs = { readonly macs: readonly string[]; readonly bad: string | null };

/** Lower-case colon form, in the order given, each once. */
export const parseMacs = (text: string): ParsedMacs => {
  const macs = new Set<string>();
  for (const word of text.split(/[\s,;]+/).filter(Boolean)) {
    const digits = word.replace(/[:.-]/g, '').toLowerCase();
    if (!/^[0-9a-f]{12}$/.test(digits)) return { macs: [...macs], bad: word };
    macs.add(digits.replace(/(..)(?=.)/g, '$1:'));
  }
  return { macs: [...macs], bad: null };
};
