// Writing with back-pressure: the promise settles when the system has taken the bytes, or when the client is gone.
import type { ServerResponse } from 'node:http';

/** Thrown inside the server when a client leaves early; normal life, and never shown as a failure of ours. */
export class ClientGone extends Error {}

/** After it resolves the bytes may be overwritten; after it rejects they may still be referenced by the socket and must be let go. */
export const writeBytes = (response: ServerResponse, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    if (response.destroyed || response.closed) {
      reject(new ClientGone('the client has left'));
      return;
    }
    const gone = (): void => reject(new ClientGone('the client has left'));
    response.once('close', gone);
    response.write(bytes, (error) => {
      response.off('close', gone);
      if (error) gone();
      else resolve();
    });
  });
