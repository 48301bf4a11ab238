// One spelling for processor architectures: the kernel's (`uname -m`). PURE.

const SPELLINGS: Readonly<Record<string, string>> = { x64: 'x86_64', amd64: 'x86_64', 'x86-64': 'x86_64', arm64: 'aarch64' };

/** `x64`, `amd64` and `x86_64` are one; so are `arm64` and `aarch64`. Unknown names come back in lower case. */
export const canonicalArchitecture = (name: string): string => {
  const lower = name.trim().toLowerCase();
  return SPELLINGS[lower] ?? lower;
};
