// The little of npm's `seek-bzip` 2 (no types of its own) that unpack-worker.ts uses.
declare module 'seek-bzip' {
  type Input = { readByte(): number; read(into: Uint8Array, offset: number, length: number): number; eof(): boolean };
  const Bunzip: {
    decode(input: Input, output: { writeByte(byte: number): void; flush(): void }, multistream: boolean): void;
  };
  export = Bunzip;
}
