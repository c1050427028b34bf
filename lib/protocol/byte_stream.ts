/** A connection as the protocol needs it. Deno.TcpConn, TlsConn and UnixConn fit. */
export interface ByteStream {
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Writes all of `bytes`; one write may take only a part. */
export async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) done += await stream.write(bytes.subarray(done));
}
