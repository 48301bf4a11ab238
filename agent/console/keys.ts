// Bytes from a terminal (serial line or keyboard) as keys. VT100 and xterm sequences, split however the line splits them; what is not
// known is dropped, so that noise on an open line types nothing but what it spells.
export type Key =
  | EditKey
  /** Of the form, not of its line. */
  | { readonly kind: 'enter' }
  | { readonly kind: 'previous' }
  | { readonly kind: 'next' }
  | { readonly kind: 'cancel' };
export type EditKey =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'backspace' | 'delete' | 'left' | 'right' | 'home' | 'end' | 'clear' };

export type KeyDecoder = {
  push(bytes: Uint8Array): readonly Key[];
  /** A moment without bytes: an escape that stood alone was the Escape key. */
  flush(): readonly Key[];
  /** Whether an escape waits for what follows. */
  isOpen(): boolean;
};

const SEQUENCES: Readonly<Record<string, Key['kind']>> = {
  A: 'previous',
  B: 'next',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  Z: 'previous',
  '1~': 'home',
  '3~': 'delete',
  '4~': 'end',
  '7~': 'home',
  '8~': 'end',
};

const CONTROLS: Readonly<Record<string, Key['kind']>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'next',
  '\b': 'backspace',
  '\u007f': 'backspace',
  '\u0001': 'home',
  '\u0003': 'cancel',
  '\u0004': 'delete',
  '\u0005': 'end',
  '\u0015': 'clear',
};

/** A sequence that goes on for longer is noise. */
const SEQUENCE_MOST = 16;

const key = (kind: Key['kind'] | undefined): readonly Key[] => (kind === undefined || kind === 'text' ? [] : [{ kind } as Key]);

export const createKeyDecoder = (): KeyDecoder => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let open = '';
  let last = '';
  const take = (character: string): readonly Key[] => {
    const before = last;
    last = character;
    if (open !== '') {
      open += character;
      if (open === '\u001b[' || open === '\u001bO') return [];
      if (open.length === 2) {
        open = '';
        return [{ kind: 'cancel' }, ...take(character)];
      }
      if (/[@-~]/.test(character)) {
        const sequence = open.slice(2);
        open = '';
        return key(SEQUENCES[sequence]);
      }
      if (open.length > SEQUENCE_MOST) open = '';
      return [];
    }
    if (character === '\u001b') {
      open = character;
      return [];
    }
    if (character === '\n' && before === '\r') return [];
    if (Object.hasOwn(CONTROLS, character)) return key(CONTROLS[character]);
    return /[\p{Cc}\p{Cf}\ufffd]/u.test(character) ? [] : [{ kind: 'text', text: character }];
  };
  return {
    push: (bytes) => Array.from(decoder.decode(bytes, { stream: true })).flatMap(take),
    flush: () => {
      const was = open;
      open = '';
      return was === '\u001b' ? [{ kind: 'cancel' }] : [];
    },
    isOpen: () => open !== '',
  };
};
