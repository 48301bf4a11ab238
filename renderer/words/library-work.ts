// The words of the Library screen: what keeps libraries in order, what it would do, and what came of it.
import { bytes, count } from './numbers.ts';

export const LIBRARY_WORK_WORDS = {
  library: {
    ready: 'Ready to leave?…',
    verify: 'Verify',
    merge: 'Merge…',
    export: 'Export…',
    repair: 'Repair…',
    gc: 'Free room…',
    doing: {
      ready: 'Looking whether everything is on this disk',
      verify: 'Reading everything and checking every hash',
      repair: 'Repairing',
      gc: 'Freeing room',
      merge: 'Merging',
      export: 'Exporting',
    },
    ended: {
      ready: 'The station has looked for all that this site needs.',
      verify: 'The library was verified.',
      repair: 'The library was repaired.',
      gc: 'Room was freed.',
      merge: 'The libraries are merged.',
      export: 'The images are exported.',
    },
    elsewhere: 'started elsewhere',
    packs: (done: number, total: number): string => `${done.toLocaleString('en')} of ${count(total, 'pack', 'packs')}`,
    starting: 'starting …',
    stop: 'Stop',
    stopped: 'Stopped. What was done until then stays done.',
    result: 'What came of it',
    path: 'Library on the station',
    pathHelp: 'The folder of another library, or the .tar file that one was exported to.',
    mergeTitle: 'Take over another library',
    mergeText: 'Its images come into this one; what both have is not copied. Nothing in the other one changes, and no key becomes trusted.',
    mergeDo: 'Merge',
    repairTitle: 'Repair from another copy',
    repairText:
      'Everything is read first; then what is missing or damaged here is taken from the other library, byte for byte, and read again.',
    repairDo: 'Repair',
    exportTitle: 'Export images',
    exportText: 'The chosen images go to a library of their own, to carry or to send. What is there already is not written again.',
    exportPath: 'Where to, on the station',
    exportPathHelp: 'A folder (a new library, or one that is there), or a file that ends in .tar.',
    exportImages: 'Images',
    exportAll: 'All',
    exportSize: (images: number, size: number): string =>
      images === 0 ? 'None chosen yet.' : `${count(images, 'image', 'images')}, at most ${bytes(size)}.`,
    exportDo: 'Export',
    gcTitle: 'Free room in the library?',
    gcText: 'What no image needs goes. Images stay, and so do those in the trash unless it is emptied.',
    gcEmpty: (images: number): string => `Empty the trash too: ${count(images, 'image is', 'images are')} gone for ever`,
    gcLooking: 'Looking at what would go …',
    gcPreview: (freed: number, removed: number, repacked: number): string =>
      freed === 0 && removed === 0 && repacked === 0
        ? 'Nothing would go: every byte is needed.'
        : `About ${bytes(freed)} would be free: ${count(removed, 'pack goes', 'packs go')}, ${count(repacked, 'is packed anew', 'are packed anew')}.`,
    gcGone: 'For ever gone',
    gcDo: 'Free room',
    gcDoEmpty: 'Empty the trash and free room',
    verified: (chunks: number, images: number, packs: number): string =>
      `All ${count(chunks, 'chunk', 'chunks')} of ${count(images, 'image', 'images')} in ${count(packs, 'pack', 'packs')} are whole.`,
    damaged: (problems: number, chunks: number): string =>
      `${count(problems, 'problem', 'problems')}, ${count(chunks, 'damaged chunk', 'damaged chunks')}. Repair from another copy.`,
    damagedImages: 'Images that cannot be deployed until they are healed',
    fromMachine:
      'A machine that carries such an image can give its chunks back: choose it, then More, “Give the library what it lacks of its image”.',
    missing: (chunks: number): string => `${count(chunks, 'chunk', 'chunks')} missing`,
    problems: 'Problems',
    repaired: (chunks: number, images: number): string =>
      `${count(chunks, 'chunk', 'chunks')} and ${count(images, 'image', 'images')} were healed.`,
    repairedAll: 'Nothing is left to heal.',
    repairedLeft: (problems: number): string => `${count(problems, 'problem is', 'problems are')} left: this copy lacks them too.`,
    freed: (freed: number, removed: number, repacked: number): string =>
      `${bytes(freed)} are free again: ${count(removed, 'pack', 'packs')} gone, ${repacked} packed anew.`,
    emptied: (images: number): string => `${count(images, 'deleted image is', 'deleted images are')} gone for ever.`,
    kept: (images: number): string => `${count(images, 'deleted image waits', 'deleted images wait')} in the trash.`,
    copied: (added: number, known: number, size: number): string =>
      `${count(added, 'image', 'images')} copied (${bytes(size)} travelled), ${known} were there already.`,
    copiedTo: 'Lies in',
    edits: (edits: number): string => `${count(edits, 'change of a name, label or note', 'changes of names, labels or notes')} came along.`,
    added: 'Copied',
    skipped: 'Could not be copied',
    conflicts: 'To be decided by you',
    conflict: {
      'same-name': (names: readonly string[]): string =>
        `Two different images are called “${names[0] ?? ''}”. Rename one, so that people can tell them apart.`,
      'two-names': (names: readonly string[]): string =>
        `One image has two names: “${names.join('” and “')}”. The newer edit shows; rename it if you want the other.`,
      'two-edits': (names: readonly string[]): string => `Both stations described “${names[0] ?? ''}” anew. Look which words are right.`,
      'same-revision': (names: readonly string[]): string =>
        `Both stations made another image of the same revision of “${names[0] ?? ''}”. Policies that take the newest cannot tell: relabel or delete one.`,
    },
    documents: 'Policies and recipes that came along',
    documentsText: 'They are only carried: nothing of them is on here before somebody has looked at it.',
    document: (kind: string, name: string): string => `${kind.slice(0, 1).toUpperCase()}${kind.slice(1)} ${name}`,
    documentFrom: (station: string): string => `from ${station}`,
    documentSkipped: 'Policies and recipes that could not be copied',
    payloads: (files: number, size: number): string => `${count(files, 'payload file', 'payload files')} (${bytes(size)}) came along.`,
    documentConflict: (what: string, stations: readonly string[]): string => `${what}: ${stations.join(' and ')} say different things.`,
    exportAlso: 'With them',
    exportDocuments: { named: 'the recipes that built them', all: 'all policies and recipes' },
    untrusted: 'its key is not trusted here',
  },
} as const;
