import { DownloadOptions, DownloadSink, FileReference, Resumption, SpectraX } from "./index.js";

/**
 * Downloads a clip or thumbnail to a file, or into a folder if `target` is one or ends in a slash; returns the path.
 * What has come when it breaks off stays as `NAME.part`, and the next call goes on with it.
 */
export function downloadToFile(
  client: SpectraX, file: FileReference, target: string, options?: DownloadOptions,
): Promise<string>;

/** A file on its way. */
export class FileSink implements DownloadSink {
  constructor(target: string);
  readonly target: string;
  readonly part: string;
  readonly tag: string;
  resume(): Promise<Resumption | null>;
  begin(start: { offset: number; etag: string }): Promise<void>;
  write(piece: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  discard(): Promise<void>;
  /** Keeps what there is; to be called when a download has failed. */
  close(): Promise<void>;
}
