// What nearly every command begins with: a link to the running station, and the machine or image that a person named.
import { failed, success } from '../../agent/protocol/failure.ts';
import type { Result } from '../../agent/protocol/failure.ts';
import type { PipeClient } from '../../preload/contract/pipe-client.ts';
import type { ImageView, MachineView } from '../../preload/contract/views.ts';
import type { Invocation } from './command.ts';
import { findImage, findMachine } from './find.ts';

/** Runs `work` against the station and turns its failure into an exit code. */
export const withStation = async (invocation: Invocation, work: (station: PipeClient) => Promise<Result<null>>): Promise<number> => {
  const station = await invocation.station();
  if (!station.ok) return invocation.output.fail(station.failure);
  try {
    const result = await work(station.value);
    return result.ok ? 0 : invocation.output.fail(result.failure);
  } finally {
    station.value.close();
  }
};

/** Prints the value of an answer, or passes its failure on. */
export const printed = <T>(invocation: Invocation, answer: Result<T>, text: (value: T) => string): Result<null> => {
  if (!answer.ok) return answer;
  invocation.output.print(answer.value, () => text(answer.value));
  return success(null);
};

export const machineOf = async (station: PipeClient, typed: string | undefined): Promise<Result<MachineView>> => {
  const machines = await station.call('machines.list', {});
  return machines.ok ? findMachine(machines.value, typed ?? '') : machines;
};

export const imageOf = async (station: PipeClient, typed: string | undefined): Promise<Result<ImageView>> => {
  if (typed === undefined)
    return failed('command.option-missing', 'An image must be named with --image.', 'See images with: rackside images list');
  const images = await station.call('images.list', {});
  return images.ok ? findImage(images.value, typed) : images;
};
