// What may stand in each field of recipe.json, for its author (docs/recipes.md).
import { writtenDiskHintSchema } from '../../agent/protocol/decision.ts';
import { RECIPE_FILE_KEYS } from '../../preload/contract/recipe.ts';
import type { FileWords } from '../written/schema-words.ts';

const FILE = 'the plain name of a file beside recipe.json';
const FILES = `a list of names of files beside recipe.json, such as ["rootfs.tar.gz"]`;
const LABELS = 'an object of texts, such as {"role": "web"}';

export const RECIPE_WORDS: FileWords = {
  keys: [
    ...RECIPE_FILE_KEYS,
    ...Object.keys(writtenDiskHintSchema.shape),
    ...['labels', 'osoid', 'userData', 'metaData', 'networkConfig', 'vendorData', 'label', 'sizeMiB', 'partition'],
  ],
  mayBe: {
    '': 'an object with id, version, name, matchOn, image and what its kind needs',
    kind: '"script", "compose", "command" or "installer"',
    id: 'small letters, digits and hyphens, at most 80, such as "web"',
    version: 'a whole number from 1 on without quotes',
    name: 'a text of 1 to 120 characters',
    matchOn: 'a list of at most 20 facts (rackside facts --help), such as ["model", "firmware.kind"]',
    timeLimitMinutes: 'a whole number of minutes from 1 to 1440 without quotes',
    image: 'an object with name and labels, such as {"name": "web", "labels": {"role": "web"}}',
    'image.name': 'a text of 1 to 80 characters',
    'image.labels': LABELS,
    disk: 'an object with serial, wwn, kind, transport, minSizeBytes or maxSizeBytes',
    note: 'a text of at most 2000 characters',
    script: FILE,
    payloads: FILES,
    base: 'an image, {"osoid": "…"}, or the newest with labels, {"labels": {"os": "debian"}}',
    grow: 'an object, such as {"partition": 1, "sizeMiB": 8192}',
    seed: 'an object, such as {"userData": "user-data"}',
    partitions: 'a list of at most 8, such as [{"label": "SITE", "files": {"site/a.txt": "a.txt"}}]',
    'partitions.label': 'at most 11 of A-Z, 0-9, - and _, such as "SITE"',
    'partitions.sizeMiB': 'a whole number of MiB without quotes',
    'partitions.files': 'an object from the path on the volume to a file beside recipe.json',
    command: 'a program and its arguments, such as ["/bin/sh", "build.sh"]',
    files: FILES,
    output: 'a plain file name, such as "disk.raw"',
    kernel: FILE,
    initrd: FILE,
    shim: FILE,
    grub: FILE,
    commandLine: 'a text of at most 1500 characters',
    answers: 'a list of at most 8 names of files beside recipe.json, such as ["preseed.cfg"]',
  },
};
