// Why the station did not do what was asked, said where it was asked and read out at once.
import { Problem } from '../kit/panel.tsx';
import type { Failure } from '../../agent/protocol/failure.ts';

export const Refusal = ({ failure }: { readonly failure: Failure | null }) =>
  failure === null ? null : (
    <div role="alert">
      <Problem title={failure.message} next={failure.next} code={failure.code} />
    </div>
  );
