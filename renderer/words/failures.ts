// What a failure code means, in more words than the station's own sentence, where that helps. Unknown codes are shown
// with the station's message and next step alone.

const EXPLANATIONS: Readonly<Record<string, string>> = {
  'pipe.link-lost':
    'The window and its station lost touch. What was asked last may or may not have happened; the list shows it when the link is back.',
  'pipe.bug': 'This is a fault of Rackside, not of your rack. The station’s log names the place.',
  'disk.too-small': 'An image needs a disk of at least the size it was taken from. Rackside never shrinks.',
  'disk.sector-size':
    'Partition tables and most filesystems count in the sectors of the disk they were made on, 512 or 4096 bytes. On the other kind they would not start, so nothing is written.',
  'deploy.grow-blocked': 'Only swap and settings partitions are moved out of the way. Moving anything else would risk what it holds.',
  'deploy.grow-failed':
    'The image is on the disk and was read back; the tool that should have grown its filesystem gave up. The disk carries no record yet.',
  'settings.no-place': 'Settings lie in a small partition of their own (CIDATA), which needs 4 MiB and an entry in the partition table.',
  'settings.missing-fact': 'Type the fact on this machine’s screen, under Facts; then its settings can be filled in.',
  'consent.void': 'Something about the machine, its disk or the image changed after the approval, so nothing was written.',
  'consent.changed': 'What you approved is no longer what is there, so nothing was written.',
  'dhcp.foreign-server':
    'Another DHCP server answers on this wire. Two would give machines conflicting addresses, so Rackside stays silent.',
  'identity.unavailable':
    'To take identity out of an image, the machine makes a snapshot of its disk in memory and changes that. This one could not; capture it as it is.',
  'identity.mount-failed': 'What cannot be mounted cannot be changed, and an image that is only half neutralised is not published.',
  'identity.edit-failed': 'An image that is only half neutralised is not published. The source disk is untouched.',
  'identity.memory-full': 'The changes to an image are kept in the machine’s memory until it is captured, and that is full.',
  'kit.missing': 'Targets load a small system before anything else. It has not been built on this station.',
};

export const explain = (code: string): string | null => (Object.hasOwn(EXPLANATIONS, code) ? (EXPLANATIONS[code] ?? null) : null);
