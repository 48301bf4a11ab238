// What a failure code means, in more words than the station's own sentence, where that helps. Unknown codes are shown
// with the station's message and next step alone.

const EXPLANATIONS: Readonly<Record<string, string>> = {
  'pipe.link-lost':
    'The window and its station lost touch. What was asked last may or may not have happened; the list shows it when the link is back.',
  'pipe.bug': 'This is a fault of Rackside, not of your rack. The station’s log names the place.',
  'disk.too-small': 'An image needs a disk of at least the size it was taken from. Rackside never shrinks.',
  'consent.void': 'Something about the machine, its disk or the image changed after the approval, so nothing was written.',
  'consent.changed': 'What you approved is no longer what is there, so nothing was written.',
  'dhcp.foreign-server':
    'Another DHCP server answers on this wire. Two would give machines conflicting addresses, so Rackside stays silent.',
  'kit.missing': 'Targets load a small system before anything else. It has not been built on this station.',
};

export const explain = (code: string): string | null => (Object.hasOwn(EXPLANATIONS, code) ? (EXPLANATIONS[code] ?? null) : null);
