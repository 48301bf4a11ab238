// Documents and payload files that a stranger made up: they speak for nobody else, fill no memory and leave no folder.
import { createHash } from 'node:crypto';
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonicalBytes } from '../../agent/image/canonical-json.ts';
import { encodeSignature } from '../../agent/image/signature.ts';
import { encodeDocument } from '../../main/library/documents.ts';
import { valueOf } from './small-library.ts';
import { stranger, small, said, fresh, open, publish, current } from './document-libraries.ts';

describe('a stranger', () => {
  const sign = (document: unknown, key = stranger) => {
    const signature: unknown = JSON.parse(Buffer.from(encodeSignature(key, 'document', canonicalBytes(document))).toString());
    const bytes = canonicalBytes({ document, signature });
    return { name: `documents/${createHash('sha256').update(bytes).digest('hex')}.json`, bytes };
  };
  const plain = (body: unknown, more: Record<string, unknown> = {}) => ({
    ...{ schema: 'rackside.document', version: 1, kind: 'recipe', name: 'evil', revision: 1, body },
    ...{ needs: { payloads: [], images: [], recipes: [] }, ...said, ...more },
  });
  const libraries = async () => {
    const theirs = fresh('theirs');
    await (await open(theirs, stranger)).close();
    const put = async (name: string, bytes: Uint8Array | string): Promise<void> => {
      await mkdir(dirname(small.path(join(theirs, name))), { recursive: true });
      await writeFile(small.path(join(theirs, name)), bytes);
    };
    return { theirs, put, mine: await open(fresh('mine')) };
  };

  test('cannot speak for a key that is trusted, nor replace or hide its word', async () => {
    const { theirs, put, mine } = await libraries();
    const own = await publish(mine, 'recipe', 'evil', { version: 1 });
    const forged = sign(plain({ version: 2 }, { revision: 99 }));
    const text = Buffer.from(forged.bytes).toString();
    const as = { keyId: small.key.keyId, publicKey: Buffer.from(small.key.publicKey).toString('hex') };
    const wrong = canonicalBytes({ document: JSON.parse(text).document, signature: { ...JSON.parse(text).signature, ...as } });
    await put(`documents/${createHash('sha256').update(wrong).digest('hex')}.json`, wrong);
    await put(forged.name, forged.bytes);
    const { documents } = valueOf(await mine.merge(small.path(theirs)));
    expect(documents.skipped.map(({ failure }) => failure.code)).toEqual(['library.untrusted']);
    expect(documents.added.map(({ trust }) => trust)).toEqual(['unknown-key']);
    expect((await current(mine)).map(({ id, trust }) => [id === own.id, trust]).toSorted()).toEqual([
      [false, 'unknown-key'],
      [true, 'trusted'],
    ]);
    // In the library itself it is shown as what it is.
    expect((await current(await open(theirs))).map(({ trust }) => trust).toSorted()).toEqual(['broken', 'unknown-key']);
  });

  test('is not taken at its word about payload files', async () => {
    const { theirs, put, mine } = await libraries();
    const sha256 = 'c'.repeat(64);
    const needs = (sizeBytes: number) => ({ needs: { payloads: [{ sha256, sizeBytes }], images: [], recipes: [] } });
    const lie = sign(plain({ version: 1 }, needs(5)));
    await put(lie.name, lie.bytes);
    const codes = async () => valueOf(await mine.merge(small.path(theirs))).documents.skipped.map(({ failure }) => failure.code);
    expect(await codes()).toEqual(['recipe.payload-missing']);
    await put(`payloads/${sha256}`, 'wrong');
    expect(await codes()).toEqual(['library.payload-damaged']);
    await put(`payloads/${sha256}`, 'longer than it says');
    expect(await codes()).toEqual(['library.payload-damaged']);
    await rm(small.path(join(theirs, 'payloads', sha256)));
    // Every part is what the list says, and the whole is not what it is called.
    const part = createHash('sha256').update('ab').digest('hex');
    await put(`payloads/${sha256}.0000`, 'ab');
    await put(`payloads/${sha256}.0001`, 'ab');
    const list = (parts: number, sizeBytes: number) =>
      canonicalBytes({ partBytes: 2, parts: Array.from({ length: parts }, () => part), sizeBytes });
    await put(lie.name.replace(/.{69}$/, `${'d'.repeat(64)}.json`), 'no document');
    const four = sign(plain({ version: 1 }, needs(4)));
    await put(four.name, four.bytes);
    await put(`payloads/${sha256}.parts`, list(2, 4));
    expect(new Set(await codes())).toEqual(new Set(['library.payload-damaged']));
    for (const bytes of [list(1, 4), list(2, 2 ** 52), Buffer.from('{}'), Buffer.alloc(2 * 1024 * 1024, '['), list(10_001, 20_001)]) {
      await put(`payloads/${sha256}.parts`, bytes);
      expect(await codes()).toContain('library.torn');
    }
    expect(await current(mine)).toEqual([]);
    expect(valueOf(await mine.verify())).toMatchObject({ problems: [], payloads: 0 });
  });

  test('does not fill memory, nor leave the folder', async () => {
    const { theirs, put, mine } = await libraries();
    const sparse = small.path(join(theirs, 'documents', `${'e'.repeat(64)}.json`));
    await put(`documents/${'e'.repeat(64)}.json`, '');
    await truncate(sparse, 8 * 1024 * 1024 * 1024);
    await put(`documents/${'f'.repeat(64)}.json`, `${'['.repeat(2_000_000)}`);
    await put('documents/..evil', 'x');
    await symlink('/etc', small.path(join(theirs, 'documents', 'etc')));
    await symlink('..', small.path(join(theirs, 'documents', 'loop')));
    const pathy = sign(plain({ version: 1, script: '../../x' }, { name: '../../etc/passwd' }));
    await put(pathy.name, pathy.bytes);
    const before = process.memoryUsage().rss;
    expect(valueOf(await mine.merge(small.path(theirs))).documents.added).toMatchObject([{ name: '../../etc/passwd' }]);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    expect(valueOf(await mine.verify()).problems).toEqual([]);
  });

  test('cannot bury what is trusted under its own', async () => {
    const { theirs, put, mine } = await libraries();
    const own = await publish(mine, 'recipe', 'web', { version: 1 });
    for (let number = 0; number < 300; number++) {
      const encoded = valueOf(encodeDocument(stranger, { kind: 'recipe', name: `n${number}`, body: {}, ...said }, 1));
      await put(`documents/${encoded.id}.json`, encoded.bytes);
    }
    const { documents } = valueOf(await mine.merge(small.path(theirs)));
    expect([documents.added.length, documents.skipped.length]).toEqual([256, 44]);
    expect(new Set(documents.skipped.map(({ failure }) => failure.code))).toEqual(new Set(['library.too-many-strange']));
    expect((await current(mine)).filter(({ trust }) => trust === 'trusted').map(({ id }) => id)).toEqual([own.id]);
  });
});
