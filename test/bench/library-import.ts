// Child of the library figures: node library-import.ts FOLDER IMAGE… imports images into a library and prints, as JSON, what it grew to.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSigningKey, seedOf, trustedKeysOf } from '../../agent/image/signature.ts';
import { openLibrary } from '../../main/library/library.ts';
import { mkdir, writeFile } from 'node:fs/promises';

export type Imported = {
  readonly osoid: string;
  /** Of all files of the library, after this image. */
  readonly libraryBytes: number;
  /** Of the image's own chunks as they are packed, without index, table and manifest: what it would have stored at least, were it alone. */
  readonly aloneBytes: number;
};

const [folder = '', ...images] = process.argv.slice(2);
const key = generateSigningKey();
await mkdir(folder, { recursive: true });
const opened = await openLibrary({ folder, trustedKeys: () => trustedKeysOf([key.publicKey]), signingKey: key });
if (!opened.ok) throw new Error(opened.failure.message);
const sizeOf = async (): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};
const imported: Imported[] = [];
for (const [n, sourcePath] of images.entries()) {
  const image = await opened.value.importImage({ sourcePath, name: `image-${n}` });
  if (!image.ok) throw new Error(`${image.failure.message} ${image.failure.next}`);
  imported.push({ osoid: image.value.osoid, libraryBytes: await sizeOf(), aloneBytes: image.value.storedBytes });
}
await opened.value.close();
// For library-deploy.ts, which opens the library in another process.
await writeFile(`${folder}.key`, seedOf(key));
process.stdout.write(JSON.stringify(imported));
