// What a deep check found: how much is as the image has it, where it is not, and what a deploy would fetch to bring it back.
import { Pairs } from '../../kit/panel.tsx';
import { bytes, duration } from '../../words/numbers.ts';
import { VERIFY_WORDS as words } from '../../words/verify.ts';
import { hasDrifted } from '../../../agent/protocol/verify.ts';
import type { VerifyResult } from '../../../agent/protocol/verify.ts';

export const VerifyFound = ({ result }: { readonly result: VerifyResult }) => {
  const { chunks, places, table, ownFrom, fetchBytes, seconds, heal } = result;
  return (
    <>
      {heal !== undefined && heal.returned < heal.missing ? <p>{words.stillMissing(heal)}</p> : null}
      <p>{words.verdict(result)}</p>
      <Pairs
        rows={[
          ...(heal === undefined ? [] : [[words.healed, words.heal(heal)] as [string, string]]),
          [words.took, duration(seconds * 1000)],
          [words.same, words.chunks(chunks.same, result.bytes.same)],
          [words.different, words.chunks(chunks.different, result.bytes.different)],
          [words.own, `${words.chunks(chunks.own, result.bytes.own)} (${words.ownFrom[ownFrom]})`],
          ...places.map((place): [string, string] => [words.place(place), bytes(place.bytes)]),
          ...table.map((change): [string, string] => [words.entry(change.number), words.changes[change.change]]),
          ...(hasDrifted(result) ? [[words.fetch, bytes(fetchBytes)] as [string, string]] : []),
        ]}
      />
    </>
  );
};
