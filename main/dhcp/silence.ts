// Why a request is not answered. The client hears nothing; the event log, the machine's page and the wire log say it.

export type SilenceCode =
  | 'not-listening'
  /** The wire is still being asked for another DHCP server. */
  | 'not-serving'
  | 'no-kit'
  /** The boot kit has no loader for this firmware. */
  | 'no-loader'
  | 'other-server'
  /** A relay passed it on from a network that this server has no addresses for. */
  | 'other-network'
  | 'pool-full'
  /** An operating system that no machine of ours runs. */
  | 'stranger'
  /** In proxy mode: between the client and the server that leases addresses. Nothing is wrong with it. */
  | 'leasing-server'
  /** The protocol wants no answer to it, or none of ours (RFC 2131 §4.3, RFC 4578). */
  | 'protocol';

/** `code` is for whoever judges it, `text`, a few words, for whoever reads it. */
export type Silence = { readonly code: SilenceCode; readonly text: string };

export const silence = (code: SilenceCode, text: string): Silence => ({ code, text });

/** For what RFC 2131 or RFC 4578 says nothing is to be sent. */
export const asProtocol = (text: string): Silence => silence('protocol', text);
