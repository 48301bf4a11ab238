// The little of npm's `tftp` 0.1.2 (no types of its own) that the tests use: its client.
declare module 'tftp' {
  interface TftpClient {
    get(remote: string, local: string, callback: (error: Error | null) => void): void;
  }
  const tftp: {
    createClient(options: {
      host: string;
      port: number;
      blockSize?: number;
      windowSize?: number;
      timeout?: number;
      retries?: number;
    }): TftpClient;
  };
  export = tftp;
}
